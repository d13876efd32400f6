"""The cases, in the order of the table. Each yields its measurements one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.cases import chains, commands, engine, execs, files, peers, services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.measurement import Measurement
    from bench.workplace import Workplace

CASES: dict[str, Callable[[Workplace], Iterator[Measurement]]] = {
    "engine": engine.measure,
    "commands": commands.measure,
    "execs": execs.measure,
    "services": services.measure,
    "files": files.measure,
    "chains": chains.measure,
    "peers": peers.measure,
}
