"""The statuses of a commit: one for each gate, and one for all together. Pure."""

from collections.abc import Sequence
from typing import Final

from ci.outcome import Outcome, State, headline

PREFIX: Final = "ci/"
OVERALL: Final = f"{PREFIX}pr"
LIMIT: Final = 140
"""The most characters of a description (see `ci.programs.post`)."""

_STATES: Final = {State.GREEN: "success", State.RED: "failure", State.ERROR: "error"}
"""As forges call them; a gate that is off has none."""


def statuses(outcomes: Sequence[Outcome], run: str = "") -> list[dict[str, str]]:
    """Return the statuses as the program `post` takes them; `run` is the page that they lead to."""
    found = [
        _status(f"{PREFIX}{each.gate}", _STATES[each.state], _says(each), run)
        for each in outcomes
        if each.state in _STATES
    ]
    states = {each["state"] for each in found}
    worst = next((state for state in ("error", "failure") if state in states), "success")
    return [*found, _status(OVERALL, worst, headline(outcomes), run)]


def _says(outcome: Outcome) -> str:
    narrowing = outcome.verdict.narrowing if outcome.verdict is not None else None
    if narrowing is None:
        return outcome.summary
    counts = [(len(narrowing.fixed), "fixed"), (narrowing.older, "older")]
    return ", ".join([outcome.summary, *(f"{number} {what}" for number, what in counts if number)])


def _status(context: str, state: str, description: str, run: str) -> dict[str, str]:
    line = " ".join(description.split())
    if len(line) > LIMIT:
        line = f"{line[: LIMIT - 1]}…"
    status = {"context": context, "state": state, "description": line}
    return {**status, "target_url": run} if run else status
