"""From a container value to a process: mounts, environment, user; what execs and services have in common."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import posixpath
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portable_dagger.graph.values import (
    CacheMount,
    CacheSharingMode,
    Container,
    DirectoryMount,
    File,
    SecretMount,
    SocketMount,
    TempMount,
)
from portable_dagger.ops.clock import set_clock
from portable_dagger.ops.paths import user_of
from portable_dagger.runtime import plan as runtime
from portable_dagger.store import copy
from portable_dagger.store.store import seeded
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from portable_dagger.graph.context import Context
    from portable_dagger.runtime.limits import Limits
    from portable_dagger.runtime.slot import Slot
    from portable_dagger.store.store import Stage, Store

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ROOT = "/"


@dataclass(slots=True)
class Launch:
    """A process about to run, the stages that take what it writes, and the secrets to scrub."""

    plan: runtime.ProcessPlan
    stages: dict[str, Stage]
    secrets: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Options:
    """How a process is run beside what its container says."""

    args: tuple[str, ...]
    name: str
    stdin: bytes | None = None
    privileged: bool = False
    init: bool = True
    environment: tuple[tuple[str, str], ...] = ()
    hosts: tuple[tuple[str, str], ...] = ()
    clock: float | None = None
    """The time that the command finds when it begins, in seconds since the epoch; None for the machine's."""
    limits: tuple[int | None, int | None] | None = None
    """Bytes of memory and number of processes, where they are not what the engine's settings say."""


@contextlib.asynccontextmanager
async def launch(
    container: Container, context: Context, options: Options, slot: Slot | None
) -> AsyncIterator[Launch]:
    """Prepare a process; stages that were not committed are dropped at the end.

    Raises ClockError when `options.clock` asks for what cannot be.
    """
    store = context.store
    uid, gid, groups, home = await asyncio.to_thread(user_of, store, container)
    async with contextlib.AsyncExitStack() as stack:
        stages: dict[str, Stage] = {}

        def stage(target: str) -> Stage:
            made = store.stage()
            stages[target] = made
            stack.callback(made.abort)
            return made

        secrets = [
            await context.session.secrets.text(secret, context.client)
            for _, secret in container.secret_environment
        ]
        mounts: list[runtime.Mount] = list(context.engine.surroundings.mounts)
        for mount in sorted(container.mounts, key=lambda m: m.target.count("/")):
            match mount:
                case DirectoryMount():
                    mounts.append(_directory(store, mount, stage))
                case CacheMount():
                    path = await _volume(stack, context, mount)
                    mounts.append(runtime.BindMount(mount.target, path))
                case TempMount():
                    mounts.append(runtime.TempMount(mount.target, mount.size))
                case SecretMount():
                    text = await context.session.secrets.text(mount.secret, context.client)
                    secrets.append(text)
                    mounts.append(runtime.FileMount(mount.target, text, mount.owner, mount.mode))
                case SocketMount():
                    path = context.session.socket_path(mount.socket)
                    mounts.append(runtime.BindMount(mount.target, path))
        environment = await _environment(container, context, options, home)
        if options.clock is not None:
            more, variables = await asyncio.to_thread(
                set_clock, container, context, environment, options.clock
            )
            mounts.extend(more)
            environment |= variables
        root = stage(ROOT)
        workdir = posixpath.join("/", container.config.workdir)
        await asyncio.to_thread(_make_workdir, store, container, root, workdir, (uid, gid))
        yield Launch(
            plan=runtime.ProcessPlan(
                name=options.name,
                args=options.args,
                env=tuple(environment.items()),
                cwd=workdir,
                uid=uid,
                gid=gid,
                groups=groups,
                root=runtime.OverlayMount(
                    ROOT, tuple(store.layer_paths(container.root)), root.root, root.work
                ),
                mounts=tuple(mounts),
                network=slot,
                hosts=options.hosts,
                privileged=options.privileged,
                init=options.init,
                stdin=options.stdin,
                limits=_limits(context, options),
            ),
            stages=stages,
            secrets=secrets,
        )


def _limits(context: Context, options: Options) -> Limits:
    if options.limits is None:
        return context.engine.limits
    memory, processes = options.limits
    return dataclasses.replace(context.engine.limits, memory=memory, processes=processes)


def _directory(store: Store, mount: DirectoryMount, stage: object) -> runtime.OverlayMount:
    layers = tuple(store.layer_paths(mount.source.root))
    path = mount.source.path
    if isinstance(mount.source, File):
        path = Tree(layers).real_path(path)
    if mount.read_only:
        return runtime.OverlayMount(mount.target, layers, None, None, path, read_only=True)
    made = stage(mount.target)  # type: ignore[operator]
    return runtime.OverlayMount(mount.target, layers, made.root, made.work, path)


async def _environment(
    container: Container, context: Context, options: Options, home: str
) -> dict[str, str]:
    known = dict(container.config.env)
    known.setdefault("PATH", PATH)
    known.setdefault("HOME", home)
    known.update(container.volatile_environment)
    for name, secret in container.secret_environment:
        text = await context.session.secrets.text(secret, context.client)
        known[name] = text.decode(errors="surrogateescape")
    known.update(options.environment)
    known.update(context.engine.surroundings.missing_from(known))
    return known


async def _volume(stack: contextlib.AsyncExitStack, context: Context, mount: CacheMount) -> Path:
    volume = mount.volume
    key = volume_key(mount)
    if volume.sharing is not CacheSharingMode.SHARED:
        await stack.enter_async_context(context.engine.volume_locks[key])
    title = f"{volume.key} of {volume.namespace}"
    path = context.store.volume_path(key, title)
    await asyncio.to_thread(_seed, context.store, path, mount)
    return path


def volume_key(mount: CacheMount) -> str:
    """Return what identifies a cache volume: key, namespace, owner, sharing, source, and a mode if it has one."""
    volume = mount.volume
    source = f"{volume.source.root.digest}:{volume.source.path}" if volume.source else ""
    mode = "" if volume.mode is None else f"|{volume.mode:o}"
    return f"{volume.namespace}|{volume.key}|{volume.sharing.name}|{volume.owner}|{source}{mode}"


def _seed(store: Store, path: Path, mount: CacheMount) -> None:
    """Fill a new volume from its source and give it its owner and mode, once."""
    mark = seeded(path)
    if mark.exists():
        return
    volume = mount.volume
    if volume.source is not None:
        copy.extract(store, volume.source.root, volume.source.path, path)
    if volume.owner:
        uid, gid = volume.owner.split(":")
        os.chown(path, int(uid), int(gid))
    if volume.mode is not None:
        path.chmod(volume.mode)
    mark.touch()


def _make_workdir(
    store: Store, container: Container, root: Stage, workdir: str, owner: tuple[int, int]
) -> None:
    """Make a missing working directory, and its parents, for the user that the command runs as."""
    if any(workdir == m.target or workdir.startswith(m.target + "/") for m in container.mounts):
        return
    tree = Tree(store.layer_paths(container.root))
    missing = []
    here = workdir
    while here != "/" and tree.lookup(here) is None:
        missing.append(here)
        here = posixpath.dirname(here)
    if not missing:
        return
    _copy_parents(tree, root.root, here)
    for path in reversed(missing):
        made = root.root / path.lstrip("/")
        made.mkdir(mode=0o755)
        os.chown(made, *owner)


def _copy_parents(tree: Tree, target: Path, path: str) -> None:
    """Make a folder of the tree, and those above it, in a stage with their own modes and owners."""
    real = tree.real_path(path)
    parts = [part for part in real.split("/") if part]
    for depth in range(1, len(parts) + 1):
        name = "/".join(parts[:depth])
        made = target / name
        entry = tree.lookup("/" + name)
        if entry is not None and not made.exists():
            made.mkdir()
            os.chown(made, entry.stat.st_uid, entry.stat.st_gid)
            made.chmod(stat.S_IMODE(entry.stat.st_mode))
