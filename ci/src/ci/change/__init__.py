"""A change: what a source brings that its baseline does not have, and what it mends."""

from ci.change.since import Change, find, narrowing

__all__ = ["Change", "find", "narrowing"]
