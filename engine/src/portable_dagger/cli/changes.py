"""Changes that a function or a generator returns: shown, and applied to the current folder when the user agrees."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from portable_dagger.cli.flags import quoted
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.client import Session
    from portable_dagger.cli.options import Given

FACTS = "id isEmpty addedPaths modifiedPaths removedPaths"
"""What is asked of a Changeset, to be given to `apply`."""

KINDS = (("+", "addedPaths"), ("~", "modifiedPaths"), ("-", "removedPaths"))
SHOWN = 50


def preview(facts: dict[str, Any]) -> list[str]:
    """Return one line for each changed path: `+` added, `~` modified, `-` removed."""
    lines = [f"{mark} {path}" for mark, key in KINDS for path in facts[key]]
    if len(lines) > SHOWN:
        return [*lines[:SHOWN], f"… and {len(lines) - SHOWN} more"]
    return lines


def apply(session: Session, facts: dict[str, Any] | None, given: Given) -> None:
    """Apply changes to the current folder: at once with -y, else after a question.

    CommandLineError when there is no terminal to ask on.
    """
    if facts is None or facts["isEmpty"]:
        session.renderer.note("no changes")
        return
    session.settle(failed=False)
    for line in preview(facts):
        session.renderer.note(line)
    if "auto-apply" not in given and not _agreed():
        session.renderer.note("nothing was changed")
        return
    target = quoted(os.getcwd())
    identifier = quoted(facts["id"])
    session.query(
        f"{{ node(id: {identifier}) {{ ... on Changeset {{ export(path: {target}) }} }} }}"
    )


def _agreed() -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CommandLineError(
            "these changes are not applied: there is no terminal to ask on", "add -y to apply them"
        )
    sys.stderr.write("Apply changes? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
