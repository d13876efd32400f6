"""Coverage: how much of the code runs in tests, and whether that is less than at the baseline."""

from ci.coverage.cobertura import Coverage, parse

__all__ = ["Coverage", "parse"]
