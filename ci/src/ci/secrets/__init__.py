"""Secrets: the whole history of a repository and what is not committed yet, looked at with gitleaks."""
