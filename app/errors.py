"""Everything that can go wrong by name.

PlatformError
├── SettingsError      the environment lacks a setting or holds an impossible one
├── DataSetError       a data set cannot be had or has the wrong shape
├── ArtifactError      the model file is missing, damaged or made for other features
├── DeviceError        the model was to run on a device that this machine lacks
└── DatabaseError      Postgres does not answer, or refused
    └── SchemaError    the tables are older or newer than this code
"""

from __future__ import annotations


class PlatformError(Exception):
    """What happened, to which input (`message`), and what to do next (`hint`)."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}"


class SettingsError(PlatformError):
    """The environment lacks a setting or holds an impossible one."""


class DataSetError(PlatformError):
    """A data set cannot be had or has the wrong shape."""


class ArtifactError(PlatformError):
    """The model file is missing, damaged or made for other features."""


class DeviceError(PlatformError):
    """The model was to run on a device that this machine lacks."""


class DatabaseError(PlatformError):
    """Postgres does not answer, or refused."""


class SchemaError(DatabaseError):
    """The tables are older or newer than this code."""
