"""`dagger engine status|stop`: the background engine of the state directory."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from portable_dagger.cli.engine_process import Engine, running, state_directory, stop
from portable_dagger.cli.http import exchange
from portable_dagger.cli.progress import seconds
from portable_dagger.errors import CommandLineError, EngineStartError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given


def run(given: Given, arguments: list[str]) -> int:
    """Show or stop the engine; without one, say so."""
    actions = {"status": _status, "stop": _stop}
    if len(arguments) != 1 or arguments[0] not in actions:
        wrong = " ".join(arguments) or "nothing"
        raise CommandLineError(f"dagger engine: status or stop is wanted, not {wrong}")
    facts = actions[arguments[0]](running())
    sys.stdout.write(json.dumps(facts, indent=4) + "\n" if "json" in given else text(facts))
    return 0


def text(facts: dict[str, Any]) -> str:
    """Return the facts of an engine for people. Times are in seconds, memory is in bytes."""
    rows = [("engine", "running" if facts["pid"] else "not running")]
    if facts["pid"]:
        rows.append(("process", str(facts["pid"])))
    if "uptime" in facts:
        rows.append(("uptime", seconds(facts["uptime"])))
        rows.append(("memory", f"{facts['memory'] / 2**20:.0f} MiB"))
    rows.append(("state", str(facts["state"])))
    if "version" in facts:
        rows.append(("version", str(facts["version"])))
        rows.append(("sessions", str(len(facts["sessions"]))))
        rows += [("no root", f"without {lacking}") for lacking in facts["missing"]]
        running_steps = facts["running"]
        rows += [("step", f"{seconds(step['seconds'])}  {step['name']}") for step in running_steps]
    return "".join(f"{name:<10}{value}\n" for name, value in rows)


def _status(engine: Engine | None) -> dict[str, Any]:
    if engine is None:
        return {"pid": None, "state": state_directory()}
    status, facts = exchange(engine.port, "GET", "/status", engine.headers)
    if "pid" not in facts:
        raise EngineStartError(f"the engine (process {engine.pid}) does not answer: HTTP {status}")
    return {**facts, "pid": engine.pid}


def _stop(engine: Engine | None) -> dict[str, Any]:
    if engine is not None:
        stop(engine)
    return {"pid": None, "state": state_directory()}
