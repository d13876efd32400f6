"""What a cache file says of itself: its layers, outputs and cache volumes, and the steps that need them. Pure.

Times are in seconds since the epoch, sizes in bytes. What is read has been checked: every name has its form, and a step
names nothing that the file lacks.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from portable_dagger.errors import CacheFileError
from portable_dagger.store.portable import PortableStep

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT: Final = 2
"""Raised with every change that an older engine would not understand, or a newer one not of an older engine."""

MEDIA_TYPE: Final = "application/vnd.portable-ci.cache.v1+json"
LARGEST: Final = (1 << 63) - 1
"""No file system has a larger size."""

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_HINT: Final = "no engine writes such a file: save the cache again"

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory: its content, a tar stream with the digest `diff_id` that is compressed in `blob`, mode and owner.

    `size` is the blob's, `unpacked` the stream's.
    """

    diff_id: str
    blob: str
    size: int
    unpacked: int
    mode: int
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the store."""

    digest: str
    kind: str
    title: str
    folder: Folder


@dataclass(frozen=True, slots=True)
class Volume:
    """A cache volume."""

    key: str
    title: str
    folder: Folder


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a command, which is a blob of the store and of the file."""

    digest: str
    size: int
    title: str


@dataclass(frozen=True, slots=True)
class Document:
    """All of it. `contents` are digests that the store remembers of its layers, see store.portable."""

    steps: tuple[PortableStep, ...]
    layers: tuple[Layer, ...]
    outputs: tuple[Output, ...]
    volumes: tuple[Volume, ...] = ()
    contents: tuple[tuple[str, str], ...] = ()
    created: float = 0.0

    @property
    def folders(self) -> tuple[Folder, ...]:
        """All directories that the file has."""
        layers = tuple(layer.folder for layer in self.layers)
        return (*layers, *(volume.folder for volume in self.volumes))


def encode(document: Document) -> bytes:
    """Return the document as JSON."""
    value = {"format": FORMAT, **dataclasses.asdict(document)}
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def decode(data: bytes) -> Document:
    """Read a document. Raises CacheFileError for another format, and for one that cannot be right."""
    try:
        value = json.loads(data)
        found = value["format"]
        if found != FORMAT:
            raise CacheFileError(
                f"the file's format is {found}, and this engine reads {FORMAT}",
                "save the cache again with this engine",
            )
        document = Document(
            steps=tuple(
                _row(PortableStep, {**row, **{n: _names(row[n]) for n in ("layers", "blobs")}})
                for row in value["steps"]
            ),
            layers=tuple(_row(Layer, _filled(row)) for row in value["layers"]),
            outputs=tuple(_row(Output, row) for row in value["outputs"]),
            volumes=tuple(_row(Volume, _filled(row)) for row in value["volumes"]),
            contents=tuple((str(key), str(digest)) for key, digest in value["contents"]),
            created=float(value["created"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CacheFileError(
            f"what the file says of itself cannot be read: {error}", _HINT
        ) from error
    _check(document)
    return document


_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "str": str,
    "int": int,
    "float": (int, float),
    "dict[str, Any]": dict,
    "tuple[str, ...]": tuple,
    "Folder": Folder,
}


def _row(kind: type[_Row], value: dict[str, Any]) -> _Row:
    """Make a row of its JSON object; TypeError if a field is missing, unknown or of another type."""
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]  # every row is a dataclass
        if not isinstance(value[field.name], _TYPES[str(field.type)]):
            raise TypeError(f"{kind.__name__}.{field.name} is no {field.type}")
    return kind(**value)


def _filled(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "folder": _row(Folder, value["folder"])}


def _names(value: Any) -> tuple[str, ...]:  # noqa: ANN401  JSON
    """Return a list of texts; TypeError if it is none."""
    if not (isinstance(value, list) and all(isinstance(name, str) for name in value)):
        raise TypeError("a list of names is none")
    return tuple(value)


def _check(document: Document) -> None:
    """Raise CacheFileError where names have no form, come twice, or name nothing, and where sizes are none."""
    layers = [layer.digest for layer in document.layers]
    outputs = [output.digest for output in document.outputs]
    packed = [name for folder in document.folders for name in (folder.diff_id, folder.blob)]
    for name in (*layers, *outputs, *packed):
        if _DIGEST.fullmatch(name) is None:
            raise CacheFileError(
                f"the file names something that is no digest: {name[:80]!r}", _HINT
            )
    sizes = [size for folder in document.folders for size in (folder.size, folder.unpacked)]
    for size in (*sizes, *(output.size for output in document.outputs)):
        if not 0 <= size <= LARGEST:
            raise CacheFileError("the file says a size that is none", _HINT)
    for what, names in (
        ("layer", layers),
        ("output", outputs),
        ("step", [step.key for step in document.steps]),
        ("cache volume", [volume.key for volume in document.volumes]),
    ):
        _unique(what, names)
    for step in document.steps:
        if not (set(step.layers) <= set(layers) and set(step.blobs) <= set(outputs)):
            raise CacheFileError(f"the step {step.key[:80]!r} needs what the file lacks", _HINT)


def _unique(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise CacheFileError(f"the file has the {what} {name[:80]!r} twice", _HINT)
        seen.add(name)
