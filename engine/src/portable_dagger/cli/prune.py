"""`dagger prune`: frees space, and says how much."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from portable_dagger.cli import engine_process
from portable_dagger.cli.http import exchange
from portable_dagger.errors import CommandLineError, RequestError
from portable_dagger.store.sizes import format_size as size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.cli.options import Given

WIDEST = 100
"""Characters of a table's last column."""

AGES = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def run(given: Given, arguments: list[str]) -> int:
    """Free what the options ask for."""
    if arguments:
        raise CommandLineError(f"dagger prune: no word is wanted, not {arguments[0]}")
    wishes = {
        "all": "all" in given,
        "dry": "dry-run" in given,
        "keep": given.get("keep-storage", [""])[-1],
        "older": given.get("older-than", [""])[-1],
    }
    facts = ask("POST", "/prune", wishes)
    if "json" in given:
        sys.stdout.write(json.dumps(facts, indent=4) + "\n")
    else:
        sys.stdout.write(text(facts, dry="dry-run" in given))
    return 0


def text(facts: dict[str, Any], *, dry: bool) -> str:
    """Return what went, by kind, and the space that it took."""
    kinds: dict[str, list[int]] = {}
    for entry in facts["entries"]:
        kinds.setdefault(entry["kind"], []).append(entry["size"])
    lines = [
        f"{kind:<10} {len(sizes):>6}  {size(sum(sizes)):>9}"
        for kind, sizes in sorted(kinds.items(), key=lambda item: -sum(item[1]))
    ]
    verb = "would be freed" if dry else "freed"
    before, after = facts["free"]
    disk = "" if dry else f"; {size(after)} are free on the disk, {size(before)} were before"
    lines.append(f"{size(facts['size'])} {verb} of {len(facts['entries'])} entries{disk}")
    return "\n".join(lines) + "\n"


def ask(method: str, path: str, body: object = None) -> dict[str, Any]:
    """Ask the engine, which is started if none runs; RequestError for its refusal."""
    engine = engine_process.ensure()
    _, answer = exchange(engine.port, method, path, engine.headers, body)
    if "error" in answer:
        raise RequestError(answer["error"]["message"], answer["error"].get("hint") or "")
    found: dict[str, Any] = answer
    return found


def ago(seconds: float) -> str:
    """Return how long ago something was."""
    for length, unit in AGES:
        if seconds >= length:
            return f"{seconds / length:.0f} {unit} ago"
    return "now"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return rows as columns; the last column is cut where it is very long."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head) - 1)]
    lines = []
    for row in (head, *rows):
        *columns, last = row
        last = " ".join(last.split())
        last = last if len(last) <= WIDEST else last[: WIDEST - 1] + "…"
        lines.append(
            "  ".join([*(t.ljust(w) for t, w in zip(columns, widths, strict=True)), last]).rstrip()
        )
    return lines
