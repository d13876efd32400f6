"""`dagger check`: every check of the module side by side.

A generator is a check too: it fails if it would change something.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from portable_dagger.cli import display, gates, queries, terminal
from portable_dagger.cli.client import Session
from portable_dagger.cli.help import columns
from portable_dagger.cli.module_root import load
from portable_dagger.cli.progress import seconds
from portable_dagger.errors import EngineError, RequestError

if TYPE_CHECKING:
    from portable_dagger.cli.gates import Gate
    from portable_dagger.cli.options import Given


def run(given: Given, arguments: list[str]) -> int:
    """List the checks, or run them; an error counts those that failed."""
    with Session(display.renderer(given), given, offer=terminal.offered(given)) as session:
        found = gates.select(gates.find(load(session, given)), arguments)
        if "generate" in given:
            found = [gate for gate in found if gate.function.generate]
        if "no-generate" in given:
            found = [gate for gate in found if not gate.function.generate]
        if "list" not in given:
            if not found:
                session.renderer.note(f"warning: no check matches {' '.join(arguments)}".strip())
            _run_all(session, found)
    if "list" in given:
        sys.stdout.write(listing(found))
    return 0


def listing(found: list[Gate]) -> str:
    """Return the table of checks, and below it that of generators."""
    checks = [[g.name, g.function.summary] for g in found if not g.function.generate]
    generators = [[g.name, g.function.summary] for g in found if g.function.generate]
    text = "\n".join(columns([["Name", "Description"], *checks])) + "\n"
    if generators:
        text += "\nGenerators\n" + "\n".join(columns(generators)) + "\n"
    return text


def _run_all(session: Session, found: list[Gate]) -> None:
    failures: dict[str, EngineError] = {}
    threads = [threading.Thread(target=_run, args=(session, gate, failures)) for gate in found]
    for thread in threads:
        thread.daemon = True
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        session.settle(failed=True)
        details = "\n".join(f"{name}: {error.message}" for name, error in sorted(failures.items()))
        count = len(failures)
        output = [e for e in failures.values() if isinstance(e, RequestError)]
        raise RequestError(
            f"{count} check{'s' * (count != 1)} failed\n{details}",
            stdout="\n".join(e.stdout for e in output if e.stdout),
            stderr="\n".join(e.stderr for e in output if e.stderr),
        )


def _run(session: Session, gate: Gate, failures: dict[str, EngineError]) -> None:
    began = time.monotonic()
    try:
        _ask(session, gate)
    except EngineError as error:
        failures[gate.name] = error
    except OSError as error:
        failures[gate.name] = EngineError(str(error))
    mark = "✘" if gate.name in failures else "✔"
    took = seconds(time.monotonic() - began)
    if not session.renderer.silent:
        session.renderer.note(f"{mark} {gate.name} {took}")


def _ask(session: Session, gate: Gate) -> None:
    name = gate.returns.item.name or ""
    if name == "Changeset":
        data = session.query(queries.request(gate.calls, {}, "isEmpty"))
        if not queries.extract(data, queries.path(gate.calls, "isEmpty")):
            raise EngineError(f"{gate.name} produced changes")
        return
    leaf = ""
    if gate.returns.has_functions:
        known = {function.name for function in session.object_type(name).functions}
        leaf = "sync" if "sync" in known else "id"
    session.query(queries.request(gate.calls, {}, leaf))
