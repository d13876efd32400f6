"""Progress on a terminal: the steps under way as a tree with elapsed times. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.cli.progress import Step, Steps, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

DIM, RED, GREEN, PLAIN = "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[0m"
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


def frame(steps: Steps, now: float, width: int, height: int) -> list[str]:
    """Return the lines of the live part: steps under way, below each one without a child its last output.

    `now` is in seconds since the epoch; no line is wider than `width`, and there are at most `height`.
    """
    running = steps.running()
    known = {step.id for step in running}
    roots = [step for step in running if step.parent not in known]
    lines = [line for step in roots for line in _branch(step, running, "", now)]
    if len(lines) > height:
        lines = [*lines[: height - 1], (f"  … {len(lines) - height + 1} more lines", "")]
    return [f"{style}{_cut(text, width)}{PLAIN if style else ''}" for text, style in lines]


def _branch(step: Step, running: list[Step], indent: str, now: float) -> Iterator[tuple[str, str]]:
    """Yield text and style of a step's lines and those of the steps within it."""
    elapsed = max(0.0, now - step.started)
    turn = SPINNER[int(elapsed * 10) % len(SPINNER)]
    yield f"{indent}{turn} {step.title} {seconds(elapsed)}", ""
    children = [other for other in running if other.parent == step.id]
    for child in children:
        yield from _branch(child, running, f"{indent}  ", now)
    if not children and step.last:
        yield f"{indent}  {step.last[-1]}", DIM


def ended(step: Step) -> str:
    """Return the lasting line of a step that has ended."""
    took = seconds(step.duration or 0.0)
    if step.error is not None:
        return f"{RED}✘{PLAIN} {step.title} {DIM}{took}{PLAIN} {step.reason}"
    note = "cached" if step.cached else took
    return f"{GREEN}✔{PLAIN} {step.title} {DIM}{note}{PLAIN}"


def _cut(text: str, width: int) -> str:
    clean = "".join(character if character.isprintable() else " " for character in text)
    return clean if len(clean) < width else f"{clean[: max(0, width - 2)]}…"
