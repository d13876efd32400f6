"""Stand-ins for the slim images of Python."""

from __future__ import annotations

import os
import re
from pathlib import Path

from portable_dagger.images.config import ImageConfig
from portable_dagger.images.standins import debian
from portable_dagger.images.standins.recipe import ANNOTATION, LayerRecipe, StandIn, Variant

MINORS = ("3.9", "3.10", "3.11", "3.12", "3.13")
# The Debian suite whose own Python has that version, for machines without an interpreter that could be copied.
SUITES = {"3.9": "bullseye", "3.11": "bookworm", "3.13": "trixie"}
# Where a host keeps interpreters; the first match of the list with the highest version is taken. Variables may be
# unset: then the entry counts for nothing.
PREFIXES = (
    "$PYENV_ROOT/versions/{minor}.*",
    "~/.pyenv/versions/{minor}.*",
    "$UV_PYTHON_INSTALL_DIR/cpython-{minor}.*-linux-*",
    "~/.local/share/uv/python/cpython-{minor}.*-linux-*",
    "$AGENT_TOOLSDIRECTORY/Python/{minor}.*/x64",
    "/opt/hostedtoolcache/Python/{minor}.*/x64",
    "/usr/local",
)
# What CPython's extension modules need beside the base image, and what the official slim images hold.
LIBRARIES = (
    "ca-certificates netbase tzdata libbz2-1.0 libcrypt1 libdb5.3 libexpat1 libffi8 libgdbm6 liblzma5 libncursesw6 "
    "libreadline8 libsqlite3-0 libssl3 libtirpc3 libuuid1 zlib1g"
)
_TAG = re.compile(r"(?P<minor>3\.\d+)-slim(?:-bookworm)?")
_VERSION = re.compile(r'^#define\s+PY_VERSION\s+"([^"]+)"', re.MULTILINE)


def find(tag: str) -> StandIn | None:
    """Return the stand-in for `python:<tag>`, or None; reads the host's file system for interpreters."""
    match = _TAG.fullmatch(tag)
    if match is None or match["minor"] not in MINORS:
        return None
    minor, name = match["minor"], f"python:{tag}"
    variants: list[Variant] = []
    missing: list[str] = []
    interpreter = host_interpreter(minor)
    if interpreter is None:
        missing.append(
            f"no interpreter of CPython {minor} on this machine (pyenv, uv, tool cache, /usr/local)"
        )
    else:
        prefix, version = interpreter
        note = f"CPython {version} of this machine on Debian bookworm"
        variants.append(Variant(from_host(minor, version, prefix), _config(name, minor), note))
    if minor in SUITES:
        suite = SUITES[minor]
        variants.append(
            Variant(
                from_debian(minor, suite),
                _config(name, minor),
                f"CPython {minor} of Debian {suite}",
            )
        )
    else:
        missing.append(f"no Debian suite has CPython {minor}")
    return StandIn(name, tuple(variants), tuple(missing))


def host_interpreter(minor: str) -> tuple[Path, str] | None:
    """Return prefix and version of the newest interpreter of a minor version that could be copied, or None."""
    for pattern in PREFIXES:
        found = [
            (prefix.resolve(), version)
            for prefix in _matches(pattern.format(minor=minor))
            if (version := interpreter_version(prefix, minor))
        ]
        if found:
            return max(found, key=lambda entry: _order(entry[1]))
    return None


def interpreter_version(prefix: Path, minor: str) -> str | None:
    """Return the version of the whole CPython below a prefix, None if part of it (or a release) is missing."""
    header = prefix / "include" / f"python{minor}" / "patchlevel.h"
    parts = (prefix / "bin" / f"python{minor}", prefix / "lib" / f"python{minor}" / "os.py", header)
    if not all(part.is_file() for part in parts):
        return None
    match = _VERSION.search(header.read_text())
    return match[1] if match else None


def libraries() -> LayerRecipe:
    """Return the layer with the shared libraries that every copied CPython needs."""
    return LayerRecipe(
        title="libraries of Python",
        script="packages.sh",
        settings=(("PACKAGES", LIBRARIES),),
        below=debian.base("bookworm"),
    )


def from_host(minor: str, version: str, prefix: Path) -> LayerRecipe:
    """Return the layer with an interpreter of the host."""
    return LayerRecipe(
        title=f"CPython {version}",
        script="python-host.sh",
        settings=(("MINOR", minor), ("VERSION", version)),
        inputs=(("python", prefix),),
        below=libraries(),
    )


def from_debian(minor: str, suite: str) -> LayerRecipe:
    """Return the layer with a Debian suite's own Python."""
    return LayerRecipe(
        title=f"CPython {minor} of {suite}",
        script="python-debian.sh",
        settings=(("MINOR", minor),),
        below=debian.base(suite),
    )


def _config(name: str, minor: str) -> ImageConfig:
    path = f"/usr/local/bin:{debian.PATH}"
    # The official images set LANG up to 3.12.
    lang = () if _order(minor) >= _order("3.13") else (("LANG", "C.UTF-8"),)
    return ImageConfig(
        env=(("PATH", path), *lang), cmd=("python3",), annotations=((ANNOTATION, name),)
    )


def _matches(pattern: str) -> list[Path]:
    expanded = Path(os.path.expandvars(pattern)).expanduser()
    if not expanded.is_absolute():
        return []
    return list(Path("/").glob(str(expanded).removeprefix("/")))


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))
