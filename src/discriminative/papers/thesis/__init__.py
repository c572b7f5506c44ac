"""Liu's thesis: large-margin and angular softmax on the hypersphere."""
