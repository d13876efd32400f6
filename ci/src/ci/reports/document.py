"""What gates came to, as JSON for programs; docs/reference/report.md describes its form."""

import json
from collections.abc import Sequence
from typing import Any, Final

from ci.outcome import Outcome

VERSION: Final = 1
"""Of the form: another one where a program that reads this one would go wrong."""


def render(outcomes: Sequence[Outcome]) -> str:
    """Return the gates, each with how it stands, and all findings, each with its gate, state and fingerprint."""
    document = {
        "version": VERSION,
        "gates": [_gate(outcome) for outcome in outcomes],
        "findings": [
            {"gate": outcome.gate, **judged.document(), "fingerprint": judged.finding.fingerprint}
            for outcome in outcomes
            if outcome.verdict is not None
            for judged in outcome.verdict.judged
        ],
    }
    return f"{json.dumps(document, indent=2)}\n"


def _gate(outcome: Outcome) -> dict[str, Any]:
    stands = {"gate": outcome.gate, "state": outcome.state.value, "error": outcome.error}
    return stands | (outcome.verdict.about() if outcome.verdict is not None else {})
