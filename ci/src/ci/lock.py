"""Locks: files of a source that name packages by version and hash."""

from typing import Final

import dagger

from ci import known
from ci.errors import SettingsError
from ci.settings import FILE

_NAME: Final = "requirements.txt"


async def read(source: dagger.Directory, path: str, key: str) -> dagger.File:
    """Return a lock as a file that is its content and nothing else: other edits of the source reinstall nothing.

    `key` is the setting that names its path. Raises SettingsError where it is not there.
    """
    if not await source.exists(path):
        raise SettingsError(
            f"{key} in {FILE} names {path!r}, which is not in the source",
            "Name the lock file, by its path below the repository's root.",
        )
    return known.file(_NAME, await source.file(path).contents())
