"""A module whose function runs a command that fails."""

from corpus.main import Corpus

__all__ = ["Corpus"]
