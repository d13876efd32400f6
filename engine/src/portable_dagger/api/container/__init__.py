"""The Container type: one file a concern, all registered on the same object type."""

from portable_dagger.api.container import (  # noqa: F401  importing registers their fields
    configuration,
    execution,
    files,
    image,
    mounts,
    up,
)
from portable_dagger.api.container.type import CONTAINER

__all__ = ["CONTAINER"]
