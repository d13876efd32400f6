"""A captured step as a bundle: one file with all that the step needs to fail again (docs/reference/bundles.md)."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import dagger
from dagger import dag

from ci import junit, program
from ci.capture import EXEC, UNFINISHED, Captured, inner_first
from ci.errors import ReportError
from ci.step import Server

LAST_LINES: Final = 200
"""How many lines of output a step's label has: for a reader that has nothing but the image."""

_CUT: Final = frozenset({UNFINISHED, 124, *range(129, 193)})
"""Exit codes of commands that were ended from outside: by the engine, timeout(1), a signal."""

_INPUT: Final = "/input"
_OUTPUT: Final = "/bundle.tar"
_PLAN: Final = "plan.json"
_ZSTD: Final = dagger.ImageLayerCompression.Zstd


@dataclass(frozen=True, slots=True)
class About:
    """What all bundles of a run have in common: the call, its commit, when it was (seconds since the epoch)."""

    command: str
    commit: str
    created: float
    engine: str


async def make(captured: Captured, about: About) -> dagger.File:
    """Return the bundle of a step. Files that several steps share are packed once."""
    step = captured.step
    servers = inner_first(step.servers)
    native = await step.container.platform()
    inputs = {
        _PLAN: dag.file(_PLAN, json.dumps(plan(captured, about), sort_keys=True)),
        "step.tar": _pack(step.container),
    }
    for number, mount in enumerate(step.mounts, start=1):
        inputs[f"mount-{number}.tar"] = _pack_directory(native, mount.target, mount.directory)
    for place, server in enumerate(servers):
        name = _service(place)
        inputs[f"{name}.tar"] = _pack(server.container)
        if place in captured.backups:
            backup = captured.backups[place]
            inputs[f"{name}-data.tar"] = _pack_directory(native, backup.target, backup.directory)
    texts = {
        "stdout": captured.outcome.stdout,
        "stderr": captured.outcome.stderr,
        "combined": captured.outcome.combined,
    }
    for number, report in enumerate(captured.outcome.reports.values(), start=1):
        texts[f"report-{number}"] = report
    inputs |= {name: dag.file(name, text) for name, text in texts.items() if text}
    container = await program.container("bundle")
    for name, file in inputs.items():
        # Mounted: each copy of an image takes a disk's space.
        container = container.with_mounted_file(f"{_INPUT}/{name}", file)
    return container.with_exec([_INPUT, _OUTPUT], use_entrypoint=True).file(_OUTPUT)


def plan(captured: Captured, about: About) -> dict[str, Any]:
    """Return what the program `bundle` is told beside the files."""
    step, outcome = captured.step, captured.outcome
    servers = inner_first(step.servers)
    return {
        "command": about.command,
        "commit": about.commit,
        "created": about.created,
        "versions": {"engine": about.engine, "python": platform.python_version()},
        "name": step.name,
        "kind": captured.kind,
        "args": [*step.command],
        "use_entrypoint": step.use_entrypoint,
        "expect": step.expect.value,
        "source": step.source,
        "mounts": [mount.target for mount in step.mounts],
        "caches": [[cache.target, cache.name] for cache in step.caches],
        "services": _bindings(step.servers, servers),
        "servers": [
            {
                "name": _service(place),
                "args": [*server.args],
                "use_entrypoint": server.use_entrypoint,
                "services": _bindings(server.servers, servers),
            }
            for place, server in enumerate(servers)
        ],
        "started": captured.started,
        "duration": captured.duration,
        "exit_code": outcome.exit_code,
        "error": outcome.error,
        "reports": [*outcome.reports],
        "failing": failing(outcome.reports),
        "last_lines": _last_lines(captured),
    }


def failing(reports: Mapping[str, str]) -> dict[str, str]:
    """Return the tests that failed, and why; those of a report that is none are not known."""
    found: dict[str, str] = {}
    for text in reports.values():
        try:
            found |= {failure.test: failure.message for failure in junit.parse(text).failures}
        except ReportError:
            # The command's own output says what broke the report.
            continue
    return found


def _last_lines(captured: Captured) -> list[str] | None:
    """Return the end of what a command printed; None where that is never quite the same."""
    outcome = captured.outcome
    if captured.kind != EXEC or outcome.exit_code in _CUT:
        return None
    if outcome.combined:
        return outcome.combined.splitlines()[-LAST_LINES:]
    lines = [*outcome.stdout.splitlines(), *outcome.stderr.splitlines()]
    # Of two streams that were not captured together, nobody knows the last lines of both.
    return lines if len(lines) <= LAST_LINES else None


def _service(place: int) -> str:
    return f"service-{place + 1}"


def _bindings(bound: Sequence[Server], servers: Sequence[Server]) -> list[list[str]]:
    """Return aliases with the names that servers have in the bundle."""
    return [[server.alias, _service(servers.index(server))] for server in bound]


def _pack(container: dagger.Container) -> dagger.File:
    return container.as_tarball(forced_compression=_ZSTD)


def _pack_directory(
    native: dagger.Platform, target: str, directory: dagger.Directory
) -> dagger.File:
    return _pack(dag.container(platform=native).with_directory(target, directory))
