"""`dagger reproduce BUNDLE`: run a captured step again and say what came of it."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from portable_dagger.cli import display, terminal
from portable_dagger.cli.client import Session
from portable_dagger.cli.output import harmless
from portable_dagger.cli.progress import seconds
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given

MOST_LINES = 12
"""Lines of output that are shown of a step that fails in the same way; of another one all reasons are shown."""


def run(given: Given, arguments: list[str]) -> int:
    """Replay, print the verdict, and return its exit code."""
    order = asked(given, arguments)
    wishes = given if "network" in given else {**given, "offline": ["true"]}
    with Session(
        display.renderer(given, files=True), wishes, offer=terminal.offered(given)
    ) as session:
        answer = session.order("/replay", order)
    told = json.dumps(answer, indent=4) + "\n" if "json" in given else harmless(text(answer))
    sys.stdout.write(told)
    code: int = answer["exit"]
    return code


def asked(given: Given, arguments: list[str]) -> dict[str, Any]:
    """Return what is asked of the engine; CommandLineError for what cannot be asked."""
    if len(arguments) != 1:
        raise CommandLineError(
            "dagger reproduce: one bundle is wanted", "such as: dagger reproduce failure.tar"
        )
    if not os.path.isfile(arguments[0]):
        raise CommandLineError(
            f"there is no file {arguments[0]}", "name the bundle that --capture or CI left"
        )
    repeat = given.get("repeat", ["1"])[-1]
    if not repeat.isdecimal() or int(repeat) < 1:
        raise CommandLineError(f"--repeat={repeat} is no number of times", "such as --repeat=10")
    secrets = {}
    for pair in given.get("secret", []):
        name, equals, uri = pair.partition("=")
        if not equals or "://" not in uri:
            raise CommandLineError(
                f"--secret={pair.partition('=')[0]} names no secret and where it is",
                "such as --secret=TOKEN=env://TOKEN",
            )
        secrets[name] = uri
    source = given.get("source", [""])[-1]
    return {
        "path": os.path.abspath(arguments[0]),
        "step": given.get("step", [""])[-1],
        "source": os.path.abspath(source) if source else "",
        "repeat": int(repeat),
        "secrets": secrets,
        "interactive": "interactive" in given,
        "privileged": "privileged" in given,
    }


def text(answer: dict[str, Any]) -> str:
    """Return a verdict for people."""
    replayed, took = answer["replayed"], answer["seconds"]
    lines = [f"{answer['text']}: {answer['step']}"]
    if replayed is None:
        lines += [f"  - {each['name']}\n    {each['reason']}" for each in answer["missing"]]
        return "\n".join(lines) + "\n"
    lines += [f"  {note}" for note in answer["notes"]]
    if answer["differences"]:
        lines += [f"  - {difference}" for difference in answer["differences"]]
    else:
        how = replayed["error"] or f"exit code {replayed['exit_code']}"
        lines.append(f"  {how}, as recorded")
        last = replayed["output"].splitlines()[-MOST_LINES:]
        lines += [f"  | {line}" for line in last]
    if answer["verdict"] == "missing":
        lines += [f"  {hint}" for hint in map(_remedy, answer["missing"]) if hint]
    if len(answer["attempts"]) > 1:
        lines += _attempts(answer["attempts"])
    lines.append(
        f"  loaded in {seconds(took['load'])}, services up in {seconds(took['services'])}, "
        f"ran for {seconds(took['command'])}; {answer['packets']} packets left for outside"
    )
    return "\n".join(lines) + "\n"


def _remedy(missing: dict[str, str]) -> str:
    if missing["kind"] == "secret":
        return f"give the secret with --secret {missing['name']}=env://{missing['name']}"
    return "let it have the network with --network" if missing["kind"] == "network" else ""


def _attempts(attempts: list[dict[str, Any]]) -> list[str]:
    same = [attempt for attempt in attempts if attempt["verdict"] in {"same", "again"}]
    lines = [f"  as recorded in {len(same)} of {len(attempts)} attempts:"]
    for attempt in attempts:
        seed = f"PYTHONHASHSEED={attempt['seed']}" if attempt["seed"] else "as captured"
        lines.append(f"    {seed}: {attempt['verdict']}, exit code {attempt['exit_code']}")
    return lines
