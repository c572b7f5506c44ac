"""Discriminative softmax losses: the shared module of the book."""
