"""Progress on a terminal: the steps under way as a tree with elapsed times. Pure."""

from __future__ import annotations

from portable_dagger.cli.progress import Step, Steps, seconds

DIM, RED, GREEN, PLAIN = "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[0m"
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


def frame(steps: Steps, now: float, width: int, height: int) -> list[str]:
    """Return the lines of the live part: steps under way, below each one without a child its last output.

    `now` is in seconds since the epoch; no line is wider than `width`, and there are at most `height`.
    """
    running = steps.running()
    known = {step.id for step in running}
    lines: list[str] = []
    for step in running:
        if step.parent not in known:
            _branch(step, running, 0, now, width, lines)
    if len(lines) > height:
        hidden = len(lines) - height + 1
        lines = [*lines[: height - 1], _cut(f"  … {hidden} more lines", width)]
    return lines


def _branch(
    step: Step, running: list[Step], depth: int, now: float, width: int, lines: list[str]
) -> None:
    elapsed = max(0.0, now - step.started)
    turn = SPINNER[int(elapsed * 10) % len(SPINNER)]
    lines.append(_cut(f"{'  ' * depth}{turn} {step.title} {seconds(elapsed)}", width))
    children = [other for other in running if other.parent == step.id]
    for child in children:
        _branch(child, running, depth + 1, now, width, lines)
    if not children and step.last:
        text = _cut(f"{'  ' * (depth + 1)}{step.last[-1]}", width)
        lines.append(f"{DIM}{text}{PLAIN}")


def ended(step: Step) -> str:
    """Return the lasting line of a step that has ended."""
    took = seconds(step.duration or 0.0)
    if step.error is not None:
        reason = " ".join(step.error.split())[:200]
        return f"{RED}✘{PLAIN} {step.title} {DIM}{took}{PLAIN} {reason}"
    note = "cached" if step.cached else took
    return f"{GREEN}✔{PLAIN} {step.title} {DIM}{note}{PLAIN}"


def _cut(text: str, width: int) -> str:
    clean = "".join(character if character.isprintable() else " " for character in text)
    return clean if len(clean) < width else f"{clean[: max(0, width - 2)]}…"
