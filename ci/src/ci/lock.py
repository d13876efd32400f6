"""Locks: files of a source that name packages by version and hash."""

import dagger

from ci.errors import SettingsError
from ci.settings import FILE


async def read(source: dagger.Directory, path: str, key: str) -> str:
    """Return a lock's text: what is made of it and nothing else is not made again after other edits of the source.

    `key` is the setting that names its path. Raises SettingsError where it is not there.
    """
    try:
        return await source.file(path).contents()
    except dagger.QueryError:
        if await source.exists(path):
            raise
        raise SettingsError(
            f"{key} in {FILE} names {path!r}, which is not in the source",
            "Name the lock file, by its path below the repository's root.",
        ) from None
