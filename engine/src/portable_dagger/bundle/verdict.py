"""How a replay ended: the same failure, another one, a pass, or for want of an input none of these. Pure."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from portable_dagger.bundle.fingerprint import differences
from portable_dagger.errors import BundleError
from portable_dagger.ops.command import ReturnType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.bundle.description import Missing
    from portable_dagger.bundle.fingerprint import Fingerprint


class Verdict(enum.Enum):
    """What a replay says, in words and as an exit code."""

    SAME = ("same failure", 0)
    AGAIN = ("passes again", 0)
    """A step that passed was captured on purpose, and passes here too."""

    DIFFERENT = ("different failure", 10)
    PASSES = ("passes here", 11)
    MISSING = ("missing input", 12)

    def __init__(self, text: str, exit_code: int) -> None:
        self.text = text
        self.exit_code = exit_code

    def __str__(self) -> str:
        """Return the words."""
        return self.text


def judge(
    recorded: Fingerprint, replayed: Fingerprint, *, expect: str, missing: Sequence[Missing]
) -> tuple[Verdict, list[str]]:
    """Return the verdict on a replay, and what differs, the missing inputs first.

    expect: which exit codes the step wants, as in `description.Step`; missing: what the replay did without.
    Raises BundleError if expect is none of them.
    """
    found = differences(recorded, replayed)
    if _passes(recorded, expect) and _passes(replayed, expect):
        return Verdict.AGAIN, found
    if not found:
        return Verdict.SAME, found
    if missing:
        return Verdict.MISSING, [*map(_told, missing), *found]
    if _passes(replayed, expect):
        return Verdict.PASSES, found
    return Verdict.DIFFERENT, found


def _passes(fingerprint: Fingerprint, expect: str) -> bool:
    try:
        wanted = ReturnType(expect)
    except ValueError as error:
        raise BundleError(
            f"the bundle's step expects {expect!r}, which is none of {', '.join(ReturnType)}",
            "use the version of this repository that made it, or a later one",
        ) from error
    if wanted is ReturnType.ANY:
        # Every exit code was accepted, and yet it was captured: as elsewhere, zero is a pass.
        wanted = ReturnType.SUCCESS
    return not fingerprint.error and wanted.accepts(fingerprint.exit_code)


def _told(missing: Missing) -> str:
    because = f": {missing.reason}" if missing.reason else ""
    return f"the bundle does not hold {missing.kind} {missing.name}".rstrip() + because
