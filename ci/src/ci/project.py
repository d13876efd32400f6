"""A source's pyproject.toml, which holds the settings."""

import dagger

from ci.errors import SettingsError
from ci.settings import FILE


async def text(source: dagger.Directory) -> str:
    """Return its text. Raises SettingsError where the source has none."""
    try:
        return await source.file(FILE).contents()
    except dagger.QueryError:
        if await source.exists(FILE):
            raise
        message = f"the source has no {FILE}"
        raise SettingsError(message, "Give the repository's root as --source.") from None
