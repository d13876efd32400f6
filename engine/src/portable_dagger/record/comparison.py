"""Comparing recorded steps: which one of another run is the same step, and which of its inputs differ. Pure."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from portable_dagger.record.runs import Run, Step

ALIKE: Final = 0.6
"""How much alike, from 0 to 1, the names of two steps must be to be taken for the same step with another argument."""

WITH_ARGUMENTS: Final = frozenset({"exec", "image", "host", "http", "git"})
"""Kinds of steps whose names have their arguments: with other ones it may still be the same step."""

LONGEST: Final = 160
"""Characters of a value in a sentence."""

MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """An input that differs; MISSING stands for one that is not there."""

    name: str
    before: Any
    now: Any

    @property
    def is_files(self) -> bool:
        """Whether both are files, whose difference is told path by path."""
        return _is_files(self.before) and _is_files(self.now)

    def __str__(self) -> str:
        """Tell it in one line."""
        if self.before is MISSING:
            return f"{self.name} is new: {told(self.now)}"
        if self.now is MISSING:
            return f"{self.name} is gone, it was {told(self.before)}"
        if isinstance(self.now, dict) and "secret" in self.now:
            return f"{self.name} is another one, or has another value"
        return f"{self.name}: {told(self.before)} -> {told(self.now)}"


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[Difference]:
    """Return the inputs that differ, in the order in which the step names them."""
    names = [*now, *(name for name in before if name not in now)]
    found = [Difference(n, before.get(n, MISSING), now.get(n, MISSING)) for n in names]
    return [d for d in found if not _same(d.before, d.now)]


def told(value: Any) -> str:  # noqa: ANN401  JSON
    """Return a value as a sentence has it: arguments as a command line, files and long texts by digest."""
    if isinstance(value, dict) and "layers" in value:
        return str(value.get("digest") or f"{len(value['layers'])} layers")[:19]
    if isinstance(value, dict) and "secret" in value:
        return "(a secret)"
    if isinstance(value, dict) and "length" in value:
        return f"{json.dumps(value['text'])[:LONGEST]}… ({value['length']} characters)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def counterpart(step: Step, run: Run, other: Run) -> Step | None:
    """Return the step of `other` that is the same as `step` of `run`.

    That is the one with the same kind and name, the n-th where a run has it n times, else the one of the kind whose
    name is most alike, of those that `run` does not have.
    """
    number = [s["step"] for s in _named(run, step)].index(step["step"])
    same = _named(other, step)
    if same:
        return same[min(number, len(same) - 1)]
    if step["kind"] not in WITH_ARGUMENTS:
        return None
    own = {(s["kind"], s["name"]) for s in run.steps}
    left = [
        s for s in other.steps if s["kind"] == step["kind"] and (s["kind"], s["name"]) not in own
    ]
    rated = [(difflib.SequenceMatcher(None, s["name"], step["name"]).ratio(), s) for s in left]
    best = max(rated, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= ALIKE else None


def _named(run: Run, step: Step) -> list[Step]:
    return [s for s in run.steps if (s["kind"], s["name"]) == (step["kind"], step["name"])]


def _is_files(value: Any) -> bool:  # noqa: ANN401  JSON
    return isinstance(value, dict) and "layers" in value


def _same(before: Any, now: Any) -> bool:  # noqa: ANN401  JSON
    if _is_files(before) and _is_files(now):
        if before.get("digest") and now.get("digest"):
            return bool(before["digest"] == now["digest"])
        return bool((before["layers"], before["path"]) == (now["layers"], now["path"]))
    return bool(before == now)
