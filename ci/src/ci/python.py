"""A container with a Python version and everything that a lock file names."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import dagger
from dagger import dag

from ci import known
from ci.step import Cache, Mount, Step, run

VENV: Final = "/venv"

_UV: Final = "/uv"
_UV_PROGRAM: Final = f"{_UV}/bin/uv"
_UV_LOCK: Final = "uv.txt"
_UV_CACHE: Final = "/var/cache/uv"
_LOCKS: Final = "/locks"
_LOCK: Final = "requirements.txt"

_LOCKED: Final = ("--quiet", "--only-binary=:all:", "--require-hashes", "--no-deps")
# To a folder of its own, which a Python that its distribution manages allows too.
_INSTALL_UV: Final = (
    "python3",
    "-m",
    "pip",
    "install",
    *_LOCKED,
    "--no-cache-dir",
    "--no-compile",
    "--target",
    _UV,
)
_PACKAGES: Final = "/packages"
_MACHINES: Final = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}
_GLIBC: Final = "manylinux_2_28"
"""The least C library that wheels may ask for (PEP 600): that of Debian 11 and later has it."""
# Compiled once here, not in every process of every run.
_INSTALL: Final = (_UV_PROGRAM, "pip", "install", *_LOCKED, "--compile-bytecode")
_UV_ENVIRONMENT: Final = (
    ("UV_CACHE_DIR", _UV_CACHE),
    # The cache is another file system.
    ("UV_LINK_MODE", "copy"),
    ("UV_SYSTEM_CERTS", "1"),
    ("UV_PYTHON_DOWNLOADS", "never"),
)


async def container(image: str, lock: str) -> dagger.Container:
    """Return `image` with the wheels that a lock names, given by its text, in a virtual environment on the PATH.

    The steps depend on nothing but the image and that text. The installer is uv: it takes a
    tenth of pip's time, and keeps its wheels in a cache volume that all versions share. It is mounted,
    and no part of what becomes of the container.
    """
    prepared = (
        _prepared(image)
        .with_env_variable("VIRTUAL_ENV", VENV)
        .with_mounted_directory(_UV, _uv(image))
        .with_exec([_UV_PROGRAM, "venv", "--quiet", "--python=python3", VENV])
        .without_mount(_UV)
    )
    installed = await _run(f"install on {image}", image, prepared, _INSTALL, lock)
    for name, _ in _UV_ENVIRONMENT:
        installed = installed.without_env_variable(name)
    return installed.with_env_variable("PATH", f"{VENV}/bin:$PATH", expand=True)


async def packages(
    image: str, lock: str, *, platform: str, version: str, repeat: str = ""
) -> dagger.Directory:
    """Return the wheels that a lock's text names, unpacked, for a platform and a version of Python.

    They are chosen and unpacked in `image` on the machine's own platform: nothing of the other one runs. With another
    `repeat` that is done again whatever is cached.
    """
    machine = _MACHINES[platform]
    command = [_UV_PROGRAM, "pip", "install", *_LOCKED, f"--target={_PACKAGES}"]
    # A folder has room for the packages of one platform; what needs a compiler has no place in an image.
    command += [f"--python-platform={machine}-{_GLIBC}", f"--python-version={version}"]
    prepared = _prepared(image)
    if repeat:
        prepared = prepared.with_env_variable("REPEAT", repeat)
    unpacked = await _run(f"packages for {platform}", image, prepared, command, lock)
    # The lock is uv's own, while it writes.
    return unpacked.directory(_PACKAGES).without_file(".lock")


async def _run(
    name: str, image: str, container: dagger.Container, command: Sequence[str], lock: str
) -> dagger.Container:
    """Run a command of uv that reads a lock; return the container without what was mounted for it."""
    step = Step(
        name=name,
        container=container,
        command=(*command, f"--requirement={_LOCKS}/{_LOCK}"),
        mounts=(
            Mount(_UV, _uv(image)),
            Mount(_LOCKS, known.folder(((_LOCK, lock),))),
        ),
        caches=(Cache(_UV_CACHE, "ci-uv"),),
    )
    ran = await run(step)
    for target in (_UV_CACHE, _UV, _LOCKS):
        ran = ran.without_mount(target)
    return ran


def _prepared(image: str) -> dagger.Container:
    """Return `image` with the settings of uv."""
    container = dag.container().from_(image)
    for name, value in _UV_ENVIRONMENT:
        container = container.with_env_variable(name, value)
    return container


@cache
def _uv(image: str) -> dagger.Directory:
    """Return uv, as `image` takes it: the wheel is that of its machine and C library."""
    lock = known.file(_UV_LOCK, files("ci").joinpath(_UV_LOCK).read_text(encoding="utf-8"))
    return known.once(
        dag.container()
        .from_(image)
        .with_env_variable("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .with_env_variable("PIP_ROOT_USER_ACTION", "ignore")
        .with_mounted_file(f"{_LOCKS}/{_UV_LOCK}", lock)
        .with_exec([*_INSTALL_UV, f"--requirement={_LOCKS}/{_UV_LOCK}"])
        .directory(_UV)
    )
