"""Continuous integration for a Python project: its suite on every Python and Postgres version.

What to run comes from the table [tool.ci] of the caller's pyproject.toml.
"""

from ci.main import Ci

__all__ = ["Ci"]
