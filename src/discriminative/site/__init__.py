"""The book: notebooks executed by papermill, pages staged, the site built strictly and looked over."""
