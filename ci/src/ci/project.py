"""A source's pyproject.toml, which holds the settings."""

import dagger

from ci.errors import SettingsError
from ci.settings import FILE


async def text(source: dagger.Directory) -> str:
    """Return its text. Raises SettingsError where the source has none."""
    if not await source.exists(FILE):
        raise SettingsError(f"the source has no {FILE}", "Give the repository's root as --source.")
    return await source.file(FILE).contents()
