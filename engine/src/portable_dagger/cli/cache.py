"""`dagger cache`: what takes space and why; with a word, `prune`, `save` and `load`."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from portable_dagger.cli import cache_file, prune
from portable_dagger.cli.prune import ago, ask, table
from portable_dagger.errors import CommandLineError
from portable_dagger.store.sizes import format_size as size

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given

SHOWN = 20
"""How many entries are listed without --all."""


def run(given: Given, arguments: list[str]) -> int:
    """Show what takes space; `prune` frees it, `save` and `load` bring it to another state."""
    match arguments:
        case ["prune"]:
            return prune.run(given, [])
        case ["save" | "load" as word, *files]:
            return cache_file.run(given, word, files)
        case [word, *_]:
            raise CommandLineError(
                f"dagger cache: prune, save, load or nothing is wanted, not {word}"
            )
    facts = ask("GET", "/cache")
    if "json" in given:
        sys.stdout.write(json.dumps(facts, indent=4) + "\n")
    else:
        shown = None if "all" in given else SHOWN
        sys.stdout.write(text(facts, shown, time.time()))
    return 0


def text(facts: dict[str, Any], shown: int | None, now: float) -> str:
    """Return the cache's content for people: by kind, then the largest entries."""
    entries = facts["entries"]
    kinds: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        kinds.setdefault(entry["kind"], []).append(entry)
    sums = sorted(
        ((sum(e["size"] for e in group), kind, group) for kind, group in kinds.items()),
        reverse=True,
        key=lambda row: row[:2],
    )
    lines = table(
        ("KIND", "ENTRIES", "SIZE", "IN USE"),
        [
            (kind, str(len(group)), size(total), str(sum(e["active"] for e in group)))
            for total, kind, group in sums
        ],
    )
    listed = entries[:shown]
    lines += ["", *_entries(listed, now)] if listed else []
    if len(listed) < len(entries):
        rest = entries[len(listed) :]
        small = size(sum(entry["size"] for entry in rest))
        lines.append(f"… and {len(rest)} smaller ones, {small} (--all lists them)")
    limits, disk = facts["limits"], facts["disk"]
    lines.append("")
    lines.append(
        f"{size(facts['size'])} in all, and {size(facts['index'])} for steps, recipes and the like;"
        f" {size(disk['free'])} of the disk's {size(disk['total'])} are free."
    )
    lines.append(
        f"Collection begins above {size(limits['largest'])} or when less than {size(limits['free'])} are free,"
        f" keeps {size(limits['reserved'])}, and takes what was not used for {limits['age'] / 86400:g} days."
    )
    return "\n".join(lines) + "\n"


def _entries(entries: list[dict[str, Any]], now: float) -> list[str]:
    rows = [
        (
            entry["kind"],
            size(entry["size"]),
            "in use" if entry["active"] else ago(now - entry["used"]),
            str(entry["uses"]),
            entry["title"],
        )
        for entry in entries
    ]
    return table(("KIND", "SIZE", "LAST USED", "USES", "WHAT"), rows)
