"""`dagger up`: the module's services on ports of the host, until Ctrl-C."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from portable_dagger.cli import display, flags, gates, queries, user_defaults
from portable_dagger.cli.call import objects
from portable_dagger.cli.client import Session
from portable_dagger.cli.help import columns
from portable_dagger.cli.module_root import load, types
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.gates import Gate
    from portable_dagger.cli.options import Given


def run(given: Given, arguments: list[str]) -> int:
    """List the services, or start them and wait until they end."""
    with Session(display.renderer(given), given) as session:
        module = load(session, given)
        found = gates.select(gates.services(module), arguments)
        if "list" not in given:
            if not found:
                raise CommandLineError(
                    f"no service matches {' '.join(arguments)}".strip(),
                    "a function with @up that needs no arguments is one: dagger up --list",
                )
            default = user_defaults.of(module, session.renderer)
            _start(session, gates.filled(found, types(session), default), given)
    if "list" in given:
        rows = [[gate.name, gate.function.summary] for gate in found]
        sys.stdout.write("\n".join(columns([["Name", "Description"], *rows])) + "\n")
    return 0


def _start(session: Session, found: list[Gate], given: Given) -> None:
    calls = [gate.calls for gate in found]
    known = objects(session, [call for each in calls for call in each])
    options = []
    if "ports" in given:
        if len(found) > 1:
            names = ", ".join(gate.name for gate in found)
            raise CommandLineError(f"--ports is for one service, not for {names}", "name one")
        options.append(f"ports: [{_forwards(given['ports'])}]")
    elif "random" in given:
        options.append("random: true")
    else:
        data = session.query(queries.together(calls, known, "ports { port }"))
        refuse_collisions(
            {
                gate.name: [
                    item["port"]
                    for item in queries.extract(
                        data[f"a{number}"], queries.path(gate.calls, "ports")[1:]
                    )
                ]
                for number, gate in enumerate(found)
            }
        )
    leaf = f"up({', '.join(options)})" if options else "up"
    session.query(queries.together(calls, known, leaf))


def refuse_collisions(ports: dict[str, list[int]]) -> None:
    """Raise CommandLineError when two services, by name, expose the same port."""
    taken: dict[int, str] = {}
    for name, exposed in ports.items():
        for port in exposed:
            if taken.setdefault(port, name) != name:
                raise CommandLineError(
                    f"port collision: {port} is exposed by {taken[port]} and by {name}",
                    "start one of them, or give both other ports with --random",
                )


def _forwards(texts: list[str]) -> str:
    try:
        return ", ".join(flags.port_forward(one) for text in texts for one in text.split(","))
    except ValueError as error:
        raise CommandLineError(f"--ports {','.join(texts)}: {error}") from error
