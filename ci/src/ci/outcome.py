"""What a gate came to: a verdict, an error instead of one, or neither."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ci.settings import FILE, TABLE
from ci.verdict import Verdict

OFF: Final = f"off: {FILE} has no [{TABLE}.{{gate}}]"


class State(Enum):
    """How a gate stands."""

    GREEN = "green"
    RED = "red"
    ERROR = "error"
    """It could not be told what it comes to: no pass."""

    OFF = "off"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one gate came to; without a verdict and an error it is off."""

    gate: str
    """Its name in `gates.REPORTED`."""

    verdict: Verdict | None = None
    error: str = ""
    """Why it cannot be told, and what to do."""

    @property
    def state(self) -> State:
        """How the gate stands."""
        if self.error:
            return State.ERROR
        if self.verdict is None:
            return State.OFF
        return State.RED if self.verdict.faults else State.GREEN

    @property
    def red(self) -> bool:
        """Whether it is no pass."""
        return self.state in {State.RED, State.ERROR}

    @property
    def summary(self) -> str:
        """How it stands, in one line."""
        if self.error:
            return self.error.partition("\n")[0]
        if self.verdict is None:
            return OFF.format(gate=self.gate)
        nothing = "nothing to mend" if self.verdict.narrowing is None else "nothing new to mend"
        return "; ".join(self.verdict.faults) or nothing


def headline(outcomes: Iterable[Outcome]) -> str:
    """Return what all came to, in one line."""
    on = [each for each in outcomes if each.state is not State.OFF]
    red = [each.gate for each in on if each.red]
    gates = f"{len(on)} gate{'' if len(on) == 1 else 's'}"
    if not red:
        narrowed = any(each.verdict is not None and each.verdict.narrowing for each in on)
        return (
            f"{gates}: nothing {'new ' if narrowed else ''}to mend" if on else "every gate is off"
        )
    return f"{len(red)} of {gates} {'is' if len(red) == 1 else 'are'} red: {', '.join(red)}"
