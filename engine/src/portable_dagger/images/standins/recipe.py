"""Recipes of stand-ins: what is built, from which scripts, and the image configuration that it gets.

A recipe is pure data. Its layers are shell scripts of this folder; a layer's key is the hash of its script, what the
script is told, and the layer below, so a changed recipe is built anew and an unchanged one never twice.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from portable_dagger.images.config import ImageConfig, Pairs

ANNOTATION = "dev.portable-dagger.stand-in"


@dataclass(frozen=True, slots=True)
class LayerRecipe:
    """One layer: `script` runs with `settings` as its environment, on top of `below`.

    `place` says where: on the host, filling an empty tree; inside a chroot of the tree; or beside it, inside a chroot
    of what is below, filling an empty tree that is all of the image. `inputs` are files and directories that the
    script finds below $INPUT; they do not enter the key, so whatever tells two of them apart has to be in `settings`.
    `packaged` says that all programs come from unmodified Debian packages, so that other architectures have them too.
    """

    title: str
    script: str
    settings: Pairs = ()
    place: Literal["host", "inside", "beside"] = "inside"
    inputs: tuple[tuple[str, Path], ...] = ()
    below: LayerRecipe | None = None
    packaged: bool = False

    @property
    def text(self) -> str:
        """The script's text."""
        return data(self.script)

    @property
    def key(self) -> str:
        """The key under which the built layer is kept in the store."""
        below = self.below.key if self.below else ""
        identity = json.dumps([below, self.text, sorted(self.settings), self._small_inputs()])
        return f"stand-in:{hashlib.sha256(identity.encode()).hexdigest()}"

    def chain(self) -> tuple[LayerRecipe, ...]:
        """Return the layers, bottom first."""
        return (*(self.below.chain() if self.below else ()), self)

    def _small_inputs(self) -> list[tuple[str, str]]:
        """Return our own files among the inputs, which do count: they are part of the recipe."""
        return [(name, data(name)) for name, path in self.inputs if path == data_path(name)]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to build a stand-in: its layers, its configuration, and a note on where it comes from.

    Variables that a script writes into $OUTPUT/variables are put into the configuration's environment.
    """

    layer: LayerRecipe
    config: ImageConfig
    note: str


@dataclass(frozen=True, slots=True)
class StandIn:
    """The stand-in for an image name; `variants` are tried in order, `missing` says what was looked for in vain."""

    name: str
    variants: tuple[Variant, ...]
    missing: tuple[str, ...] = field(default=())


def data(name: str) -> str:
    """Return the text of a file of this folder."""
    return data_path(name).read_text()


def data_path(name: str) -> Path:
    """Return the path of a file of this folder."""
    return Path(str(resources.files(__package__).joinpath(name)))
