"""How much of the corpus the gate finds, and how much of what it finds is there: as the reference page has it."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.ci.secrets import repository
from tests.ci.secrets.repository import CORPUS, PLACES, place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.ci.secrets.corpus import Case

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = ROOT / "docs" / "reference" / "secrets.md"
BEGIN: Final = "<!-- python3 -m tests.ci.secrets --write -->\n"

_TIME_LIMIT_SECONDS: Final = 600


@dataclass(frozen=True)
class Score:
    """How many files with a secret were found, and how many without one were."""

    secrets: int = 0
    found: int = 0
    others: int = 0
    wrong: int = 0

    @property
    def recall(self) -> float:
        """The part of the secrets that was found."""
        return self.found / self.secrets

    @property
    def precision(self) -> float:
        """The part of what was found that is a secret."""
        return self.found / (self.found + self.wrong)


def found() -> list[dict[str, Any]]:
    """Return what the gate finds in the corpus' repository: its findings as JSON has them."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "corpus"
        repository.make(folder)
        command = [str(ROOT / "dagger"), "--silent", "call", f"--mod={ROOT}"]
        where = ["report", "--source=.", "--git=.", "--gate=secrets"]
        written = f"--output={scratch}/report"
        subprocess.run(
            [*command, written, *where], cwd=folder, check=True, timeout=_TIME_LIMIT_SECONDS
        )
        report = Path(scratch) / "report" / "secrets" / "findings.json"
        document = json.loads(report.read_text(encoding="utf-8"))
    entries: list[dict[str, Any]] = document["findings"]
    return entries


def score(chosen: Iterable[Case], paths: set[str]) -> Score:
    """Return how cases did, by the paths of what was found."""
    given = list(chosen)
    hit = [case for case in given if case.path in paths]
    secrets = sum(case.secret for case in given)
    right = sum(case.secret for case in hit)
    return Score(secrets, right, len(given) - secrets, len(hit) - right)


def page(paths: set[str]) -> str:
    """Return the tables of the reference page."""
    parts = {
        "tuned on": lambda case: not case.held_out,
        "held out": lambda case: case.held_out,
        "all": lambda _: True,
    }
    kinds = list(dict.fromkeys(case.kind for case in CORPUS))
    kept = {case.kind for case in CORPUS if case.secret}
    return "\n".join(
        [
            "| Cases | Secrets | Found | Near misses | Found | Recall | Precision |",
            "|---|---|---|---|---|---|---|",
            *(_part(name, score(filter(chosen, CORPUS), paths)) for name, chosen in parts.items()),
            "",
            *_table(
                "Secrets", paths, [kind for kind in kinds if kind in kept], _is_of, secret=True
            ),
            "",
            *_table(
                "Near misses",
                paths,
                [kind for kind in kinds if kind not in kept],
                _is_of,
                secret=False,
            ),
            "",
            *_table("Where the secret is", paths, PLACES, _is_at, secret=True),
            "",
        ]
    )


def _part(name: str, score: Score) -> str:
    counts = (score.secrets, score.found, score.others, score.wrong)
    percent = (f"{score.recall:.1%}", f"{score.precision:.1%}")
    return f"| {' | '.join([name, *map(str, counts), *percent])} |".replace("%", " %")


def _table(
    heading: str,
    paths: set[str],
    rows: Iterable[str],
    belongs: Callable[[Case, str], bool],
    *,
    secret: bool,
) -> list[str]:
    lines = [f"| {heading} | Cases | Found |", "|---|---|---|"]
    for row in rows:
        chosen = [case for case in CORPUS if case.secret is secret and belongs(case, row)]
        lines.append(f"| {row} | {len(chosen)} | {sum(case.path in paths for case in chosen)} |")
    return lines


def _is_of(case: Case, kind: str) -> bool:
    return case.kind == kind


def _is_at(case: Case, where: str) -> bool:
    return place(case) == where


def written() -> str:
    """Return the tables that the page holds."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[2]


def write(tables: str) -> None:
    """Write the tables into the page."""
    head = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0]
    PAGE.write_text(f"{head}{BEGIN}{tables}", encoding="utf-8")
