"""Overlay mounts: many immutable layers and one writable directory, seen as one.

Layers are named by open descriptors, `/proc/self/fd/N`: mount(2) takes a page of options, room for 200 such names but
only for some 30 paths. Directory renames and metadata copies are off, so that a layer is complete in itself.
"""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

from portable_dagger.errors import MountError
from portable_dagger.runtime import linux

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.runtime.plan import OverlayMount

LAYER_LIMIT = 200
DIRECTORY_FLAGS = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
# With attributes that users may set, redirections are off by themselves, and must not be said to be.
REDIRECTS = "redirect_dir=off" if linux.is_root_of_machine() else "userxattr"
# `volatile`: no sync of all dirty data at unmount; whoever keeps the upper directory syncs it.
OPTIONS = f"index=off,xino=off,metacopy=off,{REDIRECTS},volatile"


def mount(overlay: OverlayMount, at: Path, bottom: Path, *, devices: bool = False) -> None:
    """Mount the whole of the layers at `at`, its `subpath` and `read_only` aside.

    bottom: a directory below all layers; an overlay wants one at least.
    devices: device nodes in it work.
    Raises MountError.
    """
    if overlay.upper is None or overlay.work is None:
        raise MountError(f"{overlay.target}: an overlay needs an upper and a work directory")
    if len(overlay.layers) > LAYER_LIMIT:
        raise MountError(
            f"{overlay.target}: {len(overlay.layers)} layers; an overlay takes {LAYER_LIMIT}",
            "squash the snapshot first",
        )
    descriptors: list[int] = []
    try:
        _like_top_layer(overlay.upper, overlay.layers)
        # One by one: those before a missing one have to be closed.
        for path in (overlay.upper, overlay.work, *reversed(overlay.layers), bottom):
            descriptors.append(os.open(path, DIRECTORY_FLAGS))  # noqa: PERF401
        upper, work, *lower = (f"/proc/self/fd/{descriptor}" for descriptor in descriptors)
        options = f"lowerdir={':'.join(lower)},upperdir={upper},workdir={work},{OPTIONS}"
        flags = 0 if devices else linux.MS_NODEV
        linux.mount("overlay", str(at), "overlay", flags, options)
    except OSError as error:
        raise MountError(
            f"cannot mount {len(overlay.layers)} layers at {overlay.target}: {error}",
            "the state directory must be on a file system that overlayfs can write to, such as ext4 or xfs;"
            f" upper directory: {overlay.upper}",
        ) from error
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def unmount(at: Path) -> None:
    """Take a mount, with what is mounted below it, out of sight; the kernel drops it when its last user is gone."""
    linux.unmount(str(at), linux.MNT_DETACH)


def renew(overlay: OverlayMount) -> None:
    """Make an upper directory that was mounted, and no longer is, fit to be mounted once more.

    The kernel leaves a mark in the work directory of a volatile mount and refuses it from then on (Linux,
    filesystems/overlayfs, "Volatile mount").
    """
    if overlay.work is not None:
        shutil.rmtree(overlay.work)
        overlay.work.mkdir()


def _like_top_layer(upper: Path, layers: tuple[Path, ...]) -> None:
    """Give the upper directory the attributes of the root that it covers."""
    if layers:
        top = layers[-1].stat()
        os.chown(upper, top.st_uid, top.st_gid)
        shutil.copystat(layers[-1], upper)
    else:
        upper.chmod(0o755)


def prune(upper: Path, path: Path, before: os.stat_result) -> bool:
    """Remove a directory that overlayfs copied up for a mount point below it; `before` is what it was then.

    Says whether it did: what a command changed, be it a time, stays.
    """
    copied = upper / path
    try:
        now = copied.lstat()
    except FileNotFoundError:
        return False
    same = (now.st_mode, now.st_uid, now.st_gid, now.st_mtime_ns) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
        before.st_mtime_ns,
    )
    opaque = f"{linux.OVERLAY}opaque" in os.listxattr(copied, follow_symlinks=False)
    if not same or opaque or not stat.S_ISDIR(now.st_mode) or any(copied.iterdir()):
        return False
    copied.rmdir()
    return True
