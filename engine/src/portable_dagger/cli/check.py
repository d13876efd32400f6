"""`dagger check`: every check of the module side by side.

A generator is a check too: it fails if it would change something.
"""

from __future__ import annotations

import sys
import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING

from portable_dagger.cli import display, gates, queries, terminal, user_defaults
from portable_dagger.cli.call import objects
from portable_dagger.cli.client import Session
from portable_dagger.cli.help import columns
from portable_dagger.cli.module_root import load, types
from portable_dagger.cli.outcomes import Outcome, table, told
from portable_dagger.errors import EngineError, RequestError

if TYPE_CHECKING:
    from portable_dagger.cli.display import Renderer
    from portable_dagger.cli.gates import Gate
    from portable_dagger.cli.options import Given


def run(given: Given, arguments: list[str]) -> int:
    """List the checks, or run them; an error names those that failed."""
    outcomes: list[Outcome] = []
    with Session(display.renderer(given), given, offer=terminal.offered(given)) as session:
        module = load(session, given)
        found = gates.select(gates.find(module), arguments)
        if "generate" in given:
            found = [gate for gate in found if gate.function.generate]
        if "no-generate" in given:
            found = [gate for gate in found if not gate.function.generate]
        if "list" not in given:
            if not found:
                session.renderer.note(f"warning: no check matches {' '.join(arguments)}".strip())
            default = user_defaults.of(module, session.renderer)
            filled = gates.filled(found, types(session), default)
            outcomes = _run_all(session, filled, fail_fast="failfast" in given)
            session.end(failed=any(outcome.error for outcome in outcomes))
    if "list" in given:
        sys.stdout.write(listing(found))
    else:
        # What is given up has ended with the session: nothing is said after this.
        _tell(session.renderer, found, outcomes)
    return 0


def listing(found: list[Gate]) -> str:
    """Return the table of checks, and below it that of generators."""
    checks = [[g.name, g.function.summary] for g in found if not g.function.generate]
    generators = [[g.name, g.function.summary] for g in found if g.function.generate]
    text = "\n".join(columns([["Name", "Description"], *checks])) + "\n"
    if generators:
        text += "\nGenerators\n" + "\n".join(columns(generators)) + "\n"
    return text


def _run_all(session: Session, found: list[Gate], *, fail_fast: bool) -> list[Outcome]:
    """Run checks side by side; with `fail_fast` only up to the first failure: the session's end ends the others."""
    ended: SimpleQueue[Outcome] = SimpleQueue()
    for gate in found:
        threading.Thread(target=_run, args=(session, gate, ended), daemon=True).start()
    outcomes: list[Outcome] = []
    while len(outcomes) < len(found) and not (fail_fast and outcomes and outcomes[-1].error):
        outcomes.append(ended.get())
    return outcomes


def _tell(renderer: Renderer, found: list[Gate], outcomes: list[Outcome]) -> None:
    """Tell how checks went. Raises RequestError if one failed."""
    failed = sorted(outcome.name for outcome in outcomes if outcome.error is not None)
    for text in told(outcomes, output=not renderer.told_output):
        renderer.note(text)
    known = {outcome.name for outcome in outcomes}
    if failed or not renderer.silent:
        for line in table(outcomes, [gate.name for gate in found if gate.name not in known]):
            renderer.note(line)
    if failed:
        count = len(failed)
        raise RequestError(
            f"{count} check{'s' * (count != 1)} failed: {', '.join(failed)}",
            f"`dagger check {failed[0]}` runs that one alone",
        )


def _run(session: Session, gate: Gate, ended: SimpleQueue[Outcome]) -> None:
    began = time.monotonic()
    failure: EngineError | None = None
    try:
        _ask(session, gate)
    except EngineError as error:
        failure = error
    except OSError as error:
        failure = EngineError(str(error))
    ended.put(Outcome(gate.name, time.monotonic() - began, failure))


def _ask(session: Session, gate: Gate) -> None:
    known = objects(session, gate.calls)
    name = gate.returns.item.name or ""
    if name == "Changeset":
        data = session.query(queries.request(gate.calls, known, "isEmpty"))
        if not queries.extract(data, queries.path(gate.calls, "isEmpty")):
            raise EngineError(f"{gate.name} produced changes")
        return
    leaf = ""
    if gate.returns.has_functions:
        functions = {function.name for function in session.object_type(name).functions}
        leaf = "sync" if "sync" in functions else "id"
    session.query(queries.request(gate.calls, known, leaf))
