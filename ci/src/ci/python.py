"""A container with a Python version and everything that a lock file names."""

from functools import cache
from importlib.resources import files
from typing import Final

import dagger
from dagger import dag

from ci import known

VENV: Final = "/venv"

_UV: Final = "/uv"
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
_INSTALL: Final = ("uv", "pip", "install", *_LOCKED, "--compile-bytecode")


def container(image: str, lock: dagger.File) -> dagger.Container:
    """Return `image` with the wheels that `lock` names, in a virtual environment on the PATH.

    The steps depend on nothing but the image and the lock's content. The installer is uv: it takes a
    tenth of pip's time, and keeps its wheels in a cache volume that all versions share.
    """
    return (
        _installer(image)
        .with_env_variable("VIRTUAL_ENV", VENV)
        .with_env_variable("PATH", f"{VENV}/bin:{_UV}/bin:$PATH", expand=True)
        .with_exec(["uv", "venv", "--quiet", "--python=python3", VENV])
        .with_mounted_cache(_UV_CACHE, known.volume("ci-uv"))
        .with_mounted_file(f"{_LOCKS}/{_LOCK}", lock)
        .with_exec([*_INSTALL, f"--requirement={_LOCKS}/{_LOCK}"])
        .without_mount(_UV_CACHE)
        .without_mount(f"{_LOCKS}/{_LOCK}")
        .without_mount(f"{_LOCKS}/{_UV_LOCK}")
    )


def packages(
    image: str, lock: dagger.File, *, platform: str, version: str, repeat: str = ""
) -> dagger.Directory:
    """Return the wheels that `lock` names, unpacked, for a platform and a version of Python.

    They are chosen and unpacked in `image` on the machine's own platform: nothing of the other one runs. With another
    `repeat` that is done again whatever is cached.
    """
    machine = _MACHINES[platform]
    command = ["uv", "pip", "install", *_LOCKED, f"--target={_PACKAGES}"]
    # A folder has room for the packages of one platform; what needs a compiler has no place in an image.
    command += [f"--python-platform={machine}-{_GLIBC}", f"--python-version={version}"]
    prepared = _installer(image).with_env_variable("PATH", f"{_UV}/bin:$PATH", expand=True)
    if repeat:
        prepared = prepared.with_env_variable("REPEAT", repeat)
    return (
        prepared.with_mounted_cache(_UV_CACHE, known.volume("ci-uv"))
        .with_mounted_file(f"{_LOCKS}/{_LOCK}", lock)
        .with_exec([*command, f"--requirement={_LOCKS}/{_LOCK}"])
        .directory(_PACKAGES)
        # uv's own, while it writes.
        .without_file(".lock")
    )


@cache
def _installer(image: str) -> dagger.Container:
    """Return `image` with uv, which is in no PATH yet."""
    uv_lock = known.file(_UV_LOCK, files("ci").joinpath(_UV_LOCK).read_text(encoding="utf-8"))
    return (
        dag.container()
        .from_(image)
        .with_env_variable("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .with_env_variable("PIP_ROOT_USER_ACTION", "ignore")
        .with_mounted_file(f"{_LOCKS}/{_UV_LOCK}", uv_lock)
        .with_exec([*_INSTALL_UV, f"--requirement={_LOCKS}/{_UV_LOCK}"])
        .with_env_variable("UV_CACHE_DIR", _UV_CACHE)
        # The cache is another file system.
        .with_env_variable("UV_LINK_MODE", "copy")
        .with_env_variable("UV_SYSTEM_CERTS", "1")
        .with_env_variable("UV_PYTHON_DOWNLOADS", "never")
    )
