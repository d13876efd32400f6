"""A container's root file system, assembled in the engine's mount namespace: the root overlay and all mounts in it.

The engine mounts rather than the container runtime: so links in targets are followed inside the root, mount points that
had to be made are known and removed again, and there is one place where everything is undone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import MountError
from portable_dagger.runtime import bundle, linux, overlay
from portable_dagger.runtime.plan import BindMount, FileMount, OverlayMount, TempMount
from portable_dagger.runtime.walk import FLAGS, descriptor_path, walk

if TYPE_CHECKING:
    from portable_dagger.runtime.plan import Mount, ProcessPlan


@dataclass(frozen=True, slots=True)
class MountPoint:
    """An entry that was made to mount on; `parent` is a descriptor of its directory."""

    parent: int
    name: str
    directory: bool


class RootFileSystem:
    """One container's root file system, below a folder of its own; `path` is what the container gets as /."""

    def __init__(self, folder: Path, plan: ProcessPlan, mounts: tuple[Mount, ...]) -> None:
        self.path = folder / "rootfs"
        self.covers: list[tuple[str, Path]] = []
        self._folder = folder
        self._plan = plan
        self._mounts = mounts
        self._mounted: list[Path] = []
        self._points: list[MountPoint] = []
        self._parents: dict[Path, os.stat_result] = {}

    def assemble(self) -> None:
        """Mount everything; raises MountError, with nothing left mounted."""
        self.path.mkdir()
        try:
            self._mount_overlay(self._plan.root, self.path, self._bottom())
            root = os.open(self.path, FLAGS)
            try:
                for number, mount in enumerate(self._mounts):
                    self._mount(root, number, mount)
                # Only now, when the mount points of mounts inside read-only ones are made.
                for mount in self._mounts:
                    if not bundle.made_by_runtime(mount.target):
                        point = walk(root, mount.target)
                        self._restrict(descriptor_path(point), mount)
                        os.close(point)
            finally:
                os.close(root)
        except BaseException:
            self.dismantle()
            raise

    def dismantle(self) -> None:
        """Unmount everything and remove the mount points that were made."""
        for path in reversed(self._mounted):
            overlay.unmount(path)
        self._mounted.clear()
        for point in reversed(self._points):
            _remove(point)
        for descriptor in {point.parent for point in self._points}:
            os.close(descriptor)
        self._points.clear()
        if self._plan.root.upper:
            for path in sorted(self._parents, key=lambda p: -len(p.parts)):
                overlay.prune(self._plan.root.upper, path, self._parents[path])
        self._parents.clear()

    def _bottom(self) -> Path:
        """Make what lies below the image: the mount points that every container has, so that no layer gets them."""
        bottom = self._folder / "bottom"
        try:
            self._make_bottom(bottom)
        except OSError as error:
            raise MountError(f"cannot make the mount points of the container: {error}") from error
        return bottom

    def _make_bottom(self, bottom: Path) -> None:
        for name in ("dev", "proc", "sys", "etc"):
            (bottom / name).mkdir(parents=True)
        for name in (bundle.INIT[1:], "etc/hosts", "etc/resolv.conf"):
            (bottom / name).touch(mode=0o755)
        for mount in self._mounts:
            top = mount.target.strip("/").partition("/")[0]
            if _is_directory(mount) and top not in {"", "..", "."} and not self._has(top):
                (bottom / mount.target.strip("/")).mkdir(parents=True, exist_ok=True)

    def _has(self, name: str) -> bool:
        """Say whether a layer has an entry, or its removal, at the top; if not, no link can lead elsewhere."""
        root = self._plan.root
        layers = (*root.layers, *((root.upper,) if root.upper else ()))
        return any(os.path.lexists(layer / name) for layer in layers)

    def _mount_overlay(self, mount: OverlayMount, at: Path, bottom: Path) -> None:
        if mount.upper is None:
            # Nobody keeps what is written there: the mount points of mounts inside it.
            upper, work = at.with_name(at.name + ".upper"), at.with_name(at.name + ".work")
            upper.mkdir()
            work.mkdir()
            mount = dataclasses.replace(mount, upper=upper, work=work)
        overlay.mount(mount, at, bottom, devices=self._plan.privileged)
        self._mounted.append(at)

    def _mount(self, root: int, number: int, mount: Mount) -> None:
        place = self._folder / f"mount{number}"
        descriptors: list[int] = []
        try:
            source = self._source(mount, place, descriptors)
            if bundle.made_by_runtime(mount.target):
                cover = self._folder / f"cover{number}"
                cover.mkdir() if Path(source).is_dir() else cover.touch()
                linux.bind(source, str(cover))
                self._mounted.append(cover)
                self._restrict(str(cover), mount)
                self.covers.append((mount.target, cover))
                return
            point = self._point(root, mount.target, source)
            descriptors.append(point)
            linux.bind(source, descriptor_path(point))
        except OSError as error:
            raise MountError(f"cannot mount at {mount.target}: {error}") from error
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _source(self, mount: Mount, place: Path, descriptors: list[int]) -> str:
        """Return what to bind; `descriptors` gets what has to stay open for that."""
        match mount:
            case BindMount():
                return str(mount.source)
            case FileMount():
                place.touch(mode=0o600)
                os.chown(place, *mount.owner)
                place.chmod(mount.mode)
                place.write_bytes(mount.content)
                return str(place)
            case TempMount():
                place.mkdir()
                size = "" if mount.size is None else f",size={mount.size}"
                flags = linux.MS_NODEV | linux.MS_NOSUID
                linux.mount("tmpfs", str(place), "tmpfs", flags, "mode=1777" + size)
                self._mounted.append(place)
                return str(place)
            case OverlayMount():
                place.mkdir()
                bottom = place.with_name(place.name + ".bottom")
                bottom.mkdir()
                self._mount_overlay(mount, place, bottom)
                whole = os.open(place, FLAGS)
                descriptors.append(whole)
                descriptors.append(walk(whole, mount.subpath))
                return descriptor_path(descriptors[-1])

    def _restrict(self, point: str, mount: Mount) -> None:
        """Set what may not be done in a mount."""
        flags = linux.MS_NOSUID if isinstance(mount, TempMount) else 0
        if not self._plan.privileged:
            flags |= linux.MS_NODEV
        if isinstance(mount, OverlayMount | BindMount) and mount.read_only:
            flags |= linux.MS_RDONLY
        if flags:
            linux.set_mount_flags(point, flags)

    def _point(self, root: int, target: str, source: str) -> int:
        directory = Path(source).is_dir()

        def make(parent: int, name: str, *, last: bool) -> None:
            self._make(parent, name, directory=directory or not last)

        point = walk(root, target, make)
        if stat.S_ISDIR(os.fstat(point).st_mode) != directory:
            os.close(point)
            kinds = ("a directory", "a file")
            have, want = kinds if directory else kinds[::-1]
            raise MountError(f"cannot mount {have} at {target}: it is {want} in the container")
        return point

    def _make(self, parent: int, name: str, *, directory: bool) -> None:
        """Make a mount point, or a directory on the way to one, without a trace in its directory's time."""
        before = os.fstat(parent)
        self._remember(parent, before)
        if directory:
            os.mkdir(name, 0o755, dir_fd=parent)
        else:
            os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=parent))
        self._points.append(MountPoint(os.dup(parent), name, directory))
        os.utime(descriptor_path(parent), ns=(before.st_atime_ns, before.st_mtime_ns))

    def _remember(self, parent: int, before: os.stat_result) -> None:
        """Note a directory of the root overlay, and those above it: overlayfs copies them up for a mount point."""
        if before.st_dev != self.path.stat().st_dev:
            return
        path = Path(descriptor_path(parent)).readlink().relative_to(self.path.resolve())
        self._parents.setdefault(path, before)
        for above in path.parents:
            self._parents.setdefault(above, (self.path / above).lstat())
        self._parents.pop(Path(), None)


# Something else is there now, or the mount was made read-only and what is below it goes with the folder.
_LEFT = {errno.ENOENT, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR, errno.EROFS}


def _is_directory(mount: Mount) -> bool:
    """Say whether a mount is one for sure."""
    match mount:
        case BindMount():
            return mount.source.is_dir()
        case OverlayMount():
            return mount.subpath == "/"
        case TempMount():
            return True
    return False


def _remove(point: MountPoint) -> None:
    """Remove a mount point unless the command put something in its place."""
    before = os.fstat(point.parent)
    try:
        if point.directory:
            os.rmdir(point.name, dir_fd=point.parent)
        elif os.stat(point.name, dir_fd=point.parent, follow_symlinks=False).st_size == 0:
            os.unlink(point.name, dir_fd=point.parent)
    except OSError as error:
        if error.errno not in _LEFT:
            raise
    else:
        with contextlib.suppress(FileNotFoundError):
            os.utime(descriptor_path(point.parent), ns=(before.st_atime_ns, before.st_mtime_ns))
