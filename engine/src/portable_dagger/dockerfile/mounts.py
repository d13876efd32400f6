"""`RUN --mount`: its options as plain data."""

from __future__ import annotations

import csv
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from portable_dagger.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Callable

SHARINGS: Final = frozenset({"shared", "private", "locked"})
_NAMES = {
    "src": "source",
    "dst": "target",
    "destination": "target",
    "ro": "readonly",
    "rw": "readwrite",
}
_COMMON = frozenset({"type", "target"})
_OPTIONS: Final[dict[str, frozenset[str]]] = {
    "bind": _COMMON | {"source", "from", "readonly", "readwrite"},
    "cache": _COMMON
    | {"id", "source", "from", "readonly", "readwrite", "sharing", "mode", "uid", "gid"},
    "tmpfs": _COMMON | {"size"},
    "secret": _COMMON | {"id", "required", "mode", "uid", "gid", "env", "source"},
    "ssh": _COMMON | {"id", "required", "mode", "uid", "gid"},
}
_SIZE = re.compile(r"(\d+)\s*([kmgt]?)i?b?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_TRUE = frozenset({"true", "1"})


@dataclass(frozen=True, slots=True)
class MountOptions:
    """One mount of a RUN; "" and None are for what is not given. `size` is in bytes, `owner` user and group."""

    type: str
    target: str = ""
    source: str = ""
    origin: str = ""
    id: str = ""
    read_only: bool | None = None
    sharing: str = "shared"
    mode: int | None = None
    owner: tuple[int, int] | None = None
    size: int | None = None
    required: bool = False
    variable: str = ""


def _pairs(text: str) -> list[tuple[str, str]]:
    found = []
    for field in next(csv.reader([text])):
        key, given, value = field.partition("=")
        name = key.strip().lower()
        found.append((_NAMES.get(name, name), value if given else "true"))
    return found


def parse_mount(text: str, expand: Callable[[str], str]) -> MountOptions:
    """Read the value of `--mount`; `expand` puts variables in. DockerfileError names what does not fit."""
    pairs = _pairs(text)
    kind = dict(pairs).get("type", "bind")
    if kind not in _OPTIONS:
        raise DockerfileError(
            f'unsupported mount type "{kind}"', f"use one of {', '.join(sorted(_OPTIONS))}"
        )
    values: dict[str, str] = {}
    for name, value in pairs:
        if name not in _OPTIONS[kind]:
            raise DockerfileError(
                f"unexpected key '{name}' for mount type '{kind}'",
                f"it takes {', '.join(sorted(_OPTIONS[kind]))}",
            )
        if name == "from" and "$" in value:
            raise DockerfileError(
                "'from' doesn't support variable expansion",
                f"define a stage instead: FROM {value} AS name",
            )
        values[name] = expand(value)
    options = _options(kind, values)
    if not options.target and kind in {"bind", "cache", "tmpfs"}:
        raise DockerfileError(f"a {kind} mount needs a target", "add target=/path")
    return options


def _options(kind: str, values: dict[str, str]) -> MountOptions:
    read_only: bool | None = None
    if "readonly" in values:
        read_only = values["readonly"].lower() in _TRUE
    elif "readwrite" in values:
        read_only = values["readwrite"].lower() not in _TRUE
    sharing = values.get("sharing", "shared").lower()
    if sharing not in SHARINGS:
        raise DockerfileError(f"unsupported sharing {sharing!r}", "use shared, private or locked")
    owner = None
    if "uid" in values or "gid" in values:
        owner = _number(values.get("uid", "0"), 10), _number(values.get("gid", "0"), 10)
    identifier = values.get("id", "")
    if kind == "secret":
        identifier = identifier or values.get("source", "")
        identifier = identifier or posixpath.basename(values.get("target", ""))
        if not identifier:
            raise DockerfileError("a secret mount needs an id", "add id=NAME")
    return MountOptions(
        type=kind,
        target=values.get("target", ""),
        source=values.get("source", ""),
        origin=values.get("from", ""),
        id=identifier,
        read_only=read_only,
        sharing=sharing,
        mode=_number(values["mode"], 8) if "mode" in values else None,
        owner=owner,
        size=_size(values["size"]) if "size" in values else None,
        required=values.get("required", "").lower() in _TRUE,
        variable=values.get("env", ""),
    )


def _number(text: str, base: int) -> int:
    try:
        return int(text, base)
    except ValueError:
        raise DockerfileError(f"{text!r} is no number", "write modes such as 0755") from None


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise DockerfileError(f"{text!r} is no size", "write it like 64m or 1g")
    factor: int = 1024 ** _POWERS[match[2].lower()]
    return int(match[1]) * factor
