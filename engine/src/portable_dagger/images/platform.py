"""Platforms such as `linux/amd64`."""

from __future__ import annotations

import platform as machine
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portable_dagger.errors import PlatformError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Names of the kernel and of other tools for what the image specification (and Go) calls otherwise.
_ARCHITECTURES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "i386": "386",
    "i686": "386",
    "armhf": "arm",
    "armv7l": "arm",
}
_KNOWN_SYSTEMS = frozenset({"linux", "darwin", "windows", "freebsd"})
_KNOWN_ARCHITECTURES = frozenset(
    {"386", "amd64", "arm", "arm64", "loong64", "ppc64", "ppc64le", "riscv64", "s390x", "wasm"}
    | {"mips", "mipsle", "mips64", "mips64le"}
)
"""What a platform of one word may name, of those that containerd knows."""

_DEFAULT_VARIANTS = {"arm64": "v8", "arm": "v7"}
_COMPONENT = re.compile(r"[A-Za-z0-9_.-]+")
_MAX_PARTS = 3
_HINT = "write it like linux/amd64 or linux/arm64"


@dataclass(frozen=True, slots=True)
class Platform:
    """An operating system, an architecture, and a variant of it ("" for the usual one)."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        """Return the text, such as `linux/arm/v6`."""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    def to_json(self) -> dict[str, str]:
        """Return the `platform` object of an image index."""
        value = {"architecture": self.architecture, "os": self.os, "variant": self.variant}
        return {name: text for name, text in value.items() if text}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Platform:
        """Read the `platform` object of an index, or the same fields of an image configuration."""
        return _normal(
            value.get("os", ""), value.get("architecture", ""), value.get("variant") or ""
        )


def parse(text: str) -> Platform:
    """Read `os/architecture[/variant]`, or only one of the two; PlatformError if it does not parse.

    The rules are those of containerd's platform specifiers.
    """
    parts = text.split("/")
    if len(parts) > _MAX_PARTS or not all(_COMPONENT.fullmatch(part) for part in parts):
        raise PlatformError(
            f'"{text}" is an invalid platform: os/architecture[/variant] is wanted', _HINT
        )
    if len(parts) == 1:
        if parts[0].lower() in _KNOWN_SYSTEMS:
            return _normal(parts[0], machine.machine(), "")
        found = _normal("linux", parts[0], "")
        if found.architecture not in _KNOWN_ARCHITECTURES:
            raise PlatformError(f'"{text}": unknown operating system or architecture', _HINT)
        return found
    return _normal(parts[0], parts[1], parts[2] if len(parts) == _MAX_PARTS else "")


def default() -> Platform:
    """Return the platform of this machine."""
    return _normal("linux", machine.machine(), "")


def _normal(system: str, architecture: str, variant: str) -> Platform:
    name = architecture.lower()
    name = _ARCHITECTURES.get(name, name)
    if variant == _DEFAULT_VARIANTS.get(name):
        variant = ""
    return Platform(system.lower(), name, variant.lower())
