"""`dagger generate`: run the module's generators side by side, merge their changes, apply them when the user agrees."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from portable_dagger.cli import changes, display, gates, queries, terminal, user_defaults
from portable_dagger.cli.call import objects
from portable_dagger.cli.client import Session
from portable_dagger.cli.flags import quoted
from portable_dagger.cli.help import columns
from portable_dagger.cli.module_root import load, types

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given


def run(given: Given, arguments: list[str]) -> int:
    """List the generators, or run them."""
    with Session(display.renderer(given), given, offer=terminal.offered(given)) as session:
        module = load(session, given)
        found = gates.select(gates.find(module), arguments)
        found = [gate for gate in found if gate.function.generate]
        if "list" in given:
            rows = [[gate.name, gate.function.summary] for gate in found]
            text = "\n".join(columns([["Name", "Description"], *rows])) + "\n"
        else:
            text = ""
            default = user_defaults.of(module, session.renderer)
            _apply(session, gates.filled(found, types(session), default), given)
    sys.stdout.write(text)
    return 0


def _apply(session: Session, found: list[gates.Gate], given: Given) -> None:
    if not found:
        session.renderer.note("warning: no generator matches")
        return
    # In one request the engine runs them side by side.
    calls = [gate.calls for gate in found]
    known = objects(session, [call for each in calls for call in each])
    data = session.query(queries.together(calls, known, "sync"))
    identifiers = []
    for number, gate in enumerate(found):
        below = queries.path(gate.calls, "sync")[1:]
        identifiers.append(quoted(queries.extract(data[f"a{number}"], below)))
    first, *others = identifiers
    leaf = changes.FACTS
    if others:
        leaf = f"withChangesets(changes: [{', '.join(others)}]) {{ {leaf} }}"
    data = session.query(f"{{ node(id: {first}) {{ ... on Changeset {{ {leaf} }} }} }}")
    facts = data["node"]["withChangesets"] if others else data["node"]
    changes.apply(session, facts, given)
