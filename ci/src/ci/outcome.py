"""What a gate came to: a verdict, an error instead of one, or neither."""

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
    """Its name in `gates.JUDGED`."""

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
        return "; ".join(self.verdict.faults) or "nothing to mend"
