"""A small synthetic data set, so that tests and first tries need no download."""
