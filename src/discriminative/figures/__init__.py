"""Figures: one style for the whole book, and one colour for each loss wherever it stands."""
