"""What withExec is asked for, as plain data."""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass
from typing import Any, Final

from portable_dagger.api.types import enum_type

SIGNALLED: Final = range(128, 192)
"""Exit codes that always count as failures of the engine's kind (the brief, section 5.1)."""


@enum_type
class ReturnType(str, enum.Enum):
    """Expected return type of an execution."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    ANY = "ANY"

    def accepts(self, code: int) -> bool:
        """Whether an exit code is expected."""
        if self is ReturnType.SUCCESS or code in SIGNALLED:
            return code == 0
        return self is ReturnType.ANY or code != 0


@dataclass(frozen=True, slots=True)
class Command:
    """A command, with what is given to it and what becomes of its output."""

    args: tuple[str, ...]
    stdin: str = ""
    redirect_stdin: str = ""
    redirect_stdout: str = ""
    redirect_stderr: str = ""
    expect: ReturnType = ReturnType.SUCCESS
    nested: bool = False
    privileged: bool = False
    init: bool = True
    network: bool = True
    clock: float | None = None
    """When it is for the command, in seconds since the epoch; None is now."""

    limits: tuple[int | None, int | None] | None = None
    """Bytes of memory and number of processes that it may take; None is what the engine's settings say."""

    def key(self) -> dict[str, Any]:
        """Return what of it counts in the step's key; a replay's clock and limits are in no key."""
        value = {**dataclasses.asdict(self), "expect": self.expect.name}
        return {name: value[name] for name in value if name not in {"clock", "limits"}}


DEFAULTS: Final = Command(()).key()
