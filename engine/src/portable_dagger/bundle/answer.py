"""The answer of a replay, as JSON; docs/reference/bundles.md describes its fields. Pure."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.bundle.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.bundle.description import Step
    from portable_dagger.bundle.trying import Tried
    from portable_dagger.errors import MissingInputError

OUTPUT_SHOWN: Final = 100 * 1024
"""Characters of the output that an answer has."""


def untried(step: Step, path: str, kind: str, error: MissingInputError) -> dict[str, Any]:
    """Return the answer for a step that cannot even be tried; `kind` is that of what is missing."""
    return {
        "verdict": Verdict.MISSING.name.lower(),
        "text": Verdict.MISSING.text,
        "exit": Verdict.MISSING.exit_code,
        "bundle": path,
        "step": step.name,
        "recorded": {"exit_code": step.outcome.exit_code, "error": step.outcome.error},
        "replayed": None,
        "differences": [],
        "missing": [{"kind": kind, "name": error.message, "reason": error.hint}],
        "attempts": [],
        "seconds": None,
        "packets": 0,
        "notes": [],
    }


def of(step: Step, path: str, tried: Sequence[Tried], loaded: float) -> dict[str, Any]:
    """Return what came of the attempts at a step, of which the first one decides; `loaded` in seconds."""
    last = tried[0]
    notes = [last.note] if last.note else []
    if last.clock is not None:
        shown = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(last.clock))
        notes.append(f"at the time of the capture, {shown} UTC; at today's it ends otherwise")
    return {
        "verdict": last.verdict.name.lower(),
        "text": last.verdict.text,
        "exit": last.verdict.exit_code,
        "bundle": path,
        "step": step.name,
        "recorded": {"exit_code": step.outcome.exit_code, "error": step.outcome.error},
        "replayed": {
            "exit_code": last.observed.exit_code,
            "error": last.observed.error,
            "duration": round(last.command, 3),
            "output": last.observed.output[-OUTPUT_SHOWN:],
        },
        "differences": last.reasons,
        "missing": [dataclasses.asdict(each) for each in last.missing],
        "attempts": [
            {
                "seed": each.seed,
                "verdict": each.verdict.name.lower(),
                "exit_code": each.observed.exit_code,
                "duration": round(each.command, 3),
            }
            for each in tried
        ],
        "seconds": {
            "load": round(loaded, 3),
            "services": round(last.services, 3),
            "command": round(last.command, 3),
        },
        "packets": sum(each.packets or 0 for each in tried),
        "notes": notes,
    }
