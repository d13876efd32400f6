"""The table of a run of the corpus, as Markdown and as JSON."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import re
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bundle.trial import Replay, Trial

HEADER: Final = (
    "| seed | shows | verdict | expected | edited copies | bundle | load | command | cold | warm |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)

_EXPLANATION: Final = """\
Made by `python3 -m tests.bundle --write`. Each seed is captured in one state directory and replayed in another, empty
one, whose engine lives in a network namespace without a route. Seconds: **load** until the bundle's files are ready,
**command** what the failing command itself takes, **cold** from the start of `./dagger reproduce` to its end with no
engine running and nothing stored, **warm** the same once more. Base images are stand-ins made of Debian packages, since
no registry answers.
"""


def document(trials: Sequence[Trial], packets: int) -> str:
    """Return the page: what was measured where, the sums, and a row a seed."""
    facts = machine()
    lines = [
        "# Seeded failures, reproduced offline",
        "",
        _EXPLANATION,
        f"{facts['date']}, {facts['processors']} processors ({facts['model']}), kernel {facts['kernel']}.",
        "",
        *(f"- {line}" for line in summary(trials, packets)),
        "",
        HEADER,
        *map(row, trials),
    ]
    return "\n".join(lines) + "\n"


def summary(trials: Sequence[Trial], packets: int) -> list[str]:
    """Return the sums of a run as sentences."""
    certain = [
        trial for trial in trials if trial.seed.deterministic and trial.seed.verdict == "same"
    ]
    same = sum(trial.verdict == "same" for trial in certain)
    copies = [(trial, altered) for trial in trials for altered in trial.seed.altered]
    told = sum(trial.altered.get(altered.name) == altered.verdict for trial, altered in copies)
    sizes = [trial.size for trial in trials if trial.size]
    cold = [trial.cold.seconds for trial in trials if trial.cold]
    lines = [
        f"{same} of {len(certain)} deterministic seeds are the same failure.",
        f"{told} of {len(copies)} edited copies are told apart: passing, or failing otherwise.",
        f"{packets} packets left the namespace.",
    ]
    if sizes and cold:
        lines.append(
            f"Median bundle {_megabytes(int(statistics.median(sizes)))}; median cold replay"
            f" {statistics.median(cold):.1f} s, slowest {max(cold):.1f} s."
        )
    return lines


def row(trial: Trial) -> str:
    """Return a seed's row."""
    seed = trial.seed
    copies = ", ".join(f"{name}: {verdict}" for name, verdict in trial.altered.items())
    seconds = trial.cold.answer["seconds"] if trial.cold else {}
    figures = [
        _megabytes(trial.size) if trial.size else "",
        _seconds(seconds.get("load")),
        _seconds(seconds.get("command")),
        _whole(trial.cold),
        _whole(trial.warm),
    ]
    expected = "yes" if not trial.problems else f"**no**: {seed.verdict or 'several'}"
    cells = [seed.name, seed.shows, told(trial), expected, copies, *figures]
    return f"| {' | '.join(cells)} |"


def told(trial: Trial) -> str:
    """Return a verdict; of a failure by chance how many of the attempts were the same failure."""
    if trial.seed.deterministic or not trial.cold:
        return trial.verdict or "none"
    attempts = [attempt["verdict"] for attempt in trial.cold.answer["attempts"]]
    return f"same in {attempts.count('same')} of {len(attempts)}"


def data(trials: Sequence[Trial], packets: int) -> str:
    """Return the run as JSON text."""
    rows = [
        {
            "seed": trial.seed.name,
            "deterministic": trial.seed.deterministic,
            "expected": trial.seed.verdict,
            "verdict": trial.verdict,
            "problems": trial.problems,
            "edited": trial.altered,
            "bundle": trial.size,
            "capture": round(trial.captured, 3),
            "seconds": trial.cold.answer["seconds"] if trial.cold else {},
            "cold": round(trial.cold.seconds, 3) if trial.cold else None,
            "warm": round(trial.warm.seconds, 3) if trial.warm else None,
        }
        for trial in trials
    ]
    return json.dumps({"machine": machine(), "packets": packets, "seeds": rows}, indent=2) + "\n"


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "processors": os.cpu_count(),
        "model": _model(),
        "kernel": platform.release(),
    }


def _model() -> str:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"


def _whole(replay: Replay | None) -> str:
    return _seconds(replay.seconds if replay else None)
