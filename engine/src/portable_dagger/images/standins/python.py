"""Stand-ins for the slim images of Python."""

from __future__ import annotations

import os
import re
from pathlib import Path

from portable_dagger.images.config import ImageConfig
from portable_dagger.images.standins import debian
from portable_dagger.images.standins.recipe import (
    ANNOTATION,
    LayerRecipe,
    StandIn,
    Variant,
    data_path,
)

MINORS = ("3.9", "3.10", "3.11", "3.12", "3.13")
# The Debian suite whose own Python has that version: what a tag that names the suite gets, and what machines without
# an interpreter that could be copied get for the others.
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
_TAG = re.compile(rf"(?P<minor>3\.\d+)-slim(?:-(?P<suite>{'|'.join(debian.SUITES)}))?")
_VERSION = re.compile(r'^#define\s+PY_VERSION\s+"([^"]+)"', re.MULTILINE)


def find(tag: str) -> StandIn | None:
    """Return the stand-in for `python:<tag>`, or None; reads the host's file system for interpreters.

    A tag that names a Debian suite asks for what every machine builds alike, so that suite's own Python comes first.
    """
    match = _TAG.fullmatch(tag)
    if match is None or match["minor"] not in MINORS:
        return None
    minor, suite = match["minor"], match["suite"]
    if suite not in {None, "bookworm", SUITES.get(minor)}:
        return None
    copied, no_copy = _of_host(tag, minor)
    packaged, no_package = _of_debian(tag, minor, suite)
    if suite is None:
        return StandIn(f"python:{tag}", copied + packaged, no_copy + no_package)
    return StandIn(f"python:{tag}", packaged + copied, no_package + no_copy)


def _of_host(tag: str, minor: str) -> tuple[tuple[Variant, ...], tuple[str, ...]]:
    """Return the variants that copy an interpreter of this machine, and what is missing for them."""
    interpreter = host_interpreter(minor)
    if interpreter is None:
        missing = (
            f"no interpreter of CPython {minor} on this machine (pyenv, uv, tool cache, /usr/local)"
        )
        return (), (missing,)
    prefix, version = interpreter
    note = f"CPython {version} of this machine on Debian bookworm"
    return (Variant(from_host(minor, version, prefix), _config(tag, minor), note),), ()


def _of_debian(
    tag: str, minor: str, suite: str | None
) -> tuple[tuple[Variant, ...], tuple[str, ...]]:
    """Return the variants of a Debian suite's own Python (None: of any suite), and what is missing for them."""
    own = SUITES.get(minor)
    if own is None or suite not in {None, own}:
        return (), (
            f"{f'Debian {suite} has not' if suite else 'no Debian suite has'} CPython {minor}",
        )
    return (
        Variant(from_debian(minor, own), _config(tag, minor), f"CPython {minor} of Debian {own}"),
    ), ()


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
        packaged=True,
        below=debian.base("bookworm"),
    )


def from_host(minor: str, version: str, prefix: Path) -> LayerRecipe:
    """Return the layer with an interpreter of the host."""
    return LayerRecipe(
        title=f"CPython {version}",
        script="python-host.sh",
        settings=(("MINOR", minor), ("VERSION", version)),
        inputs=(("python", prefix), ("strip.py", data_path("strip.py"))),
        below=libraries(),
    )


def from_debian(minor: str, suite: str) -> LayerRecipe:
    """Return the layer with a Debian suite's own Python."""
    return LayerRecipe(
        title=f"CPython {minor} of {suite}",
        script="python-debian.sh",
        settings=(("MINOR", minor),),
        packaged=True,
        below=debian.base(suite),
    )


def _config(tag: str, minor: str) -> ImageConfig:
    path = f"/usr/local/bin:{debian.PATH}"
    # The official images set LANG up to 3.12.
    lang = () if _order(minor) >= _order("3.13") else (("LANG", "C.UTF-8"),)
    return ImageConfig(
        env=(("PATH", path), *lang),
        cmd=("python3",),
        annotations=((ANNOTATION, f"python:{tag}"),),
    )


def _matches(pattern: str) -> list[Path]:
    expanded = Path(os.path.expandvars(pattern)).expanduser()
    if not expanded.is_absolute():
        return []
    return list(Path("/").glob(str(expanded).removeprefix("/")))


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))
