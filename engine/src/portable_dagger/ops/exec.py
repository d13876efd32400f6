"""withExec: the step that runs a command in a container."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import secrets
import time
from typing import TYPE_CHECKING, Any

from portable_dagger.errors import ExecError, QueryError
from portable_dagger.graph.steps import StepOutcome, step_key
from portable_dagger.graph.values import Container, DirectoryMount, ExecResult
from portable_dagger.ops.attempt import attempt
from portable_dagger.ops.command import DEFAULTS, Command
from portable_dagger.ops.identity import (
    container_key,
    named_inputs,
    origin_inputs,
    sees_secrets,
)
from portable_dagger.ops.launch import ROOT, Launch
from portable_dagger.ops.paths import absolute, edited, expanded
from portable_dagger.ops.terminal import open_where
from portable_dagger.record.inputs import Account, Files
from portable_dagger.record.output import STREAMS, Output
from portable_dagger.runtime import emulation
from portable_dagger.store import edit
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from portable_dagger.graph.context import Context
    from portable_dagger.record.progress import Span

ERROR_STREAM_LIMIT = 100 * 1024
"""Bytes of a stream that an error carries (the brief, section 10)."""


def command_args(
    container: Container, args: Sequence[str], *, use_entrypoint: bool, expand: bool
) -> tuple[str, ...]:
    """Return the words to run: given or default arguments, behind the entrypoint if wanted."""
    words = tuple(expanded(container, a, expand=expand) for a in args) or container.config.cmd or ()
    if use_entrypoint:
        words = (*(container.config.entrypoint or ()), *words)
    if not words:
        raise QueryError(
            "no command has been set", "give args, or a container with default arguments"
        )
    return words


async def run(
    container: Container, context: Context, command: Command, title: str = ""
) -> Container:
    """Return the container after the command; ExecError when its exit code was not expected.

    `title` is what progress shows for it.
    """
    if command.stdin and command.redirect_stdin:
        raise QueryError("cannot set both stdin and redirectStdin")
    facts = await container_key(container, context)
    key = step_key("exec", [facts, command.key()])
    account = _account(container, facts, command, key)
    name = title or "withExec " + " ".join(command.args)
    progress = context.session.progress

    async def produce() -> StepOutcome:
        # A nested command waits for commands of its own: were it to hold a place, they might never get one.
        place = contextlib.nullcontext() if command.nested else context.engine.places
        asked = time.monotonic()
        async with place:
            account.waited["a place"] = time.monotonic() - asked
            with progress.span("exec", name) as span:
                span.account = account
                outcome = await _execute(container, context, command, key, span)
                await asyncio.to_thread(
                    _record_origins, container, context, facts, command, outcome[0]["root"]
                )
                account.output["root"] = Files(tuple(outcome[0]["root"]))
                return outcome

    captures = context.session.captures
    own = container.services or container.secret_environment or captures is not None
    result = await context.engine.steps.once(
        key,
        produce,
        instance=context.session.id if own else "",
        aside=step_key("offline exec", key) if context.session.offline and command.network else "",
        # What is to be captured has to happen here and now.
        usable=lambda kept: captures is None or not captures.wants(command.args, kept["exitCode"]),
        portable=not await asyncio.to_thread(sees_secrets, container, context.store),
    )
    if result.cached:
        progress.reused("exec", name, account)
    return _applied(container, result.value)


def _record_origins(
    container: Container,
    context: Context,
    facts: dict[str, Any],
    command: Command,
    root: Sequence[str],
) -> None:
    """Note what the command's layers were made of; layers of unknown origin are read for that."""
    inputs = [origin_inputs(container, facts, context.store), command.key()]
    for layer in root[len(container.root.layers) :]:
        context.store.origins.record(layer, inputs, container.root.layers)


def _account(container: Container, facts: dict[str, Any], command: Command, key: str) -> Account:
    asked = {"args": list(command.args), **named_inputs(container, facts)}
    given = command.key()
    asked |= {n: given[n] for n in given if n != "args" and given[n] != DEFAULTS[n]}
    return Account.of(key, **asked)


def _applied(container: Container, value: dict[str, Any]) -> Container:
    """Return the container with the file systems and streams that a step kept."""
    mounts = []
    for mount in container.mounts:
        kept = value["mounts"].get(mount.target)
        if isinstance(mount, DirectoryMount) and kept:
            changed = dataclasses.replace(
                mount.source, root=Snapshot(tuple(kept["layers"])), path=kept["path"]
            )
            mount = dataclasses.replace(mount, source=changed)  # noqa: PLW2901
        mounts.append(mount)
    return container.replace(
        root=Snapshot(tuple(value["root"])),
        mounts=tuple(mounts),
        last_exec=ExecResult(
            value["key"],
            value["exitCode"],
            value["stdout"],
            value["stderr"],
            value["combined"],
        ),
    )


async def _execute(
    container: Container, context: Context, command: Command, key: str, span: Span
) -> StepOutcome:
    """Run the command for real."""
    engine = context.engine
    captures = context.session.captures
    async with contextlib.AsyncExitStack() as stack:
        ended = await stack.enter_async_context(attempt(container, context, command, span))
        if captures is not None:
            await captures.take(container, context, command, ended)
        if ended.error is not None:
            raise ended.error
        assert ended.prepared is not None
        assert ended.output is not None
        if not command.expect.accepts(ended.code):
            if context.session.terminals.on_failure:
                headline = f"This step failed, exit code: {ended.code}"
                await open_where(container, context, ended.prepared, ended.bound, headline)
            platforms = (container.platform, engine.platform)
            raise _exec_error(command.args, ended.code, ended.output, platforms)
        return await asyncio.to_thread(
            _keep, container, context, ended.prepared, command, key, ended.code, ended.output
        )


def _keep(  # noqa: PLR0913, PLR0917  what a finished exec leaves
    container: Container,
    context: Context,
    prepared: Launch,
    command: Command,
    key: str,
    code: int,
    output: Output,
) -> StepOutcome:
    """Commit what the command wrote and return the step's value, with the layers that it needs."""
    title = " ".join(command.args)
    after = _committed(container, context, prepared, title)
    after = _redirected(after, context, command, output)
    store = context.store
    mounts = {
        mount.target: {"layers": list(mount.source.root.layers), "path": mount.source.path}
        for mount in after.mounts
        if isinstance(mount, DirectoryMount)
    }
    outputs = {
        stream: store.put_blob_file(output.path(stream), move=True, kind="output", title=title)
        for stream in STREAMS
    }
    value = {
        "key": key,
        "exitCode": code,
        **outputs,
        "root": list(after.root.layers),
        "mounts": mounts,
    }
    needed = [
        *after.root.layers,
        *(layer for mount in mounts.values() for layer in mount["layers"]),
    ]
    return value, needed, list(outputs.values())


def _committed(container: Container, context: Context, prepared: Launch, title: str) -> Container:
    added: dict[str, tuple[str, ...]] = {}
    private = sees_secrets(container, context.store)
    for target, stage in prepared.stages.items():
        if any(stage.root.iterdir()):
            # Not made of the step's key: the same command may write something else when it is run again.
            digest = "sha256:" + secrets.token_hex(32)
            stage.commit(digest, "exec", title, private=private)
            added[target] = (digest,)
    mounts = []
    for mount in container.mounts:
        if isinstance(mount, DirectoryMount) and mount.target in added:
            root = Snapshot((*mount.source.root.layers, *added[mount.target]))
            changed = dataclasses.replace(mount.source, root=root)
            mount = dataclasses.replace(mount, source=changed)  # noqa: PLW2901
        mounts.append(mount)
    root = Snapshot((*container.root.layers, *added.get(ROOT, ())))
    return container.replace(root=root, mounts=tuple(mounts))


def _redirected(
    container: Container, context: Context, command: Command, output: Output
) -> Container:
    """Write redirected streams; each is opened on its own, so in one file for both the later one overwrites."""
    targets: dict[str, bytes] = {}
    for stream, target in (
        ("stdout", command.redirect_stdout),
        ("stderr", command.redirect_stderr),
    ):
        if target:
            path = absolute(container, target)
            data = output.path(stream).read_bytes()
            targets[path] = data + targets.get(path, b"")[len(data) :]
    for path, data in targets.items():

        def write(snapshot: Snapshot, inner: str, data: bytes = data) -> Snapshot:
            return edit.write_file(context.store, snapshot, inner, data, 0o644, None)

        container = edited(container, path, write)
    return container


def _exec_error(
    args: Sequence[str], code: int, output: Output, platforms: tuple[str, str]
) -> ExecError:
    stderr = shortened(output.path("stderr"))
    todo = emulation.advice(*platforms, stderr)
    return ExecError(
        f"exit code: {code}" + (f": {todo}" if todo else ""),
        cmd=list(args),
        exit_code=code,
        stdout=shortened(output.path("stdout")),
        stderr=stderr,
    )


def shortened(path: Path) -> str:
    """Return a stream as errors carry it: trimmed, its last 100 KiB behind a note of what was left out."""
    data = path.read_bytes()
    omitted = max(0, len(data) - ERROR_STREAM_LIMIT)
    note = f"[omitting {omitted} bytes]..." if omitted else ""
    return note + data[omitted:].strip().decode(errors="replace")
