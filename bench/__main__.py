"""Run the benchmark: `python3 -m bench`, in the repository's root. A timing never fails: the table says what it was."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cases import CASES
from bench.table import HEADER, document, line, machine, markdown
from bench.workplace import BenchError, Workplace

if TYPE_CHECKING:
    from bench.measurement import Measurement

DEEP = 100_000
"""Recursion that Python's JSON needs for answers as deep as the longest chain."""

ROOT = Path(__file__).resolve().parent


def main() -> int:
    """Measure what the arguments ask for, print the table, and write it beside this file when all was measured."""
    parser = argparse.ArgumentParser(prog="python3 -m bench", description=__doc__)
    parser.add_argument(
        "cases", nargs="*", metavar="CASE", help=f"of: {', '.join(CASES)}; all without"
    )
    parser.add_argument(
        "--rounds", type=int, default=5, help="values of which the median is taken (5)"
    )
    parser.add_argument(
        "--dagger", default=str(ROOT.parent / "dagger"), help="the command under test"
    )
    parser.add_argument(
        "--write", action="store_true", help="write results.json and results.md here"
    )
    asked = parser.parse_args()
    sys.setrecursionlimit(DEEP)
    unknown = sorted(set(asked.cases) - set(CASES))
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}; there are {', '.join(CASES)}")
    state = os.environ.get("PORTABLE_DAGGER_STATE") or (
        os.environ.get("XDG_STATE_HOME", str(Path.home() / ".local/state")) + "/portable-dagger"
    )
    facts = machine()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        place = Workplace(Path(asked.dagger), Path(state), Path(scratch), asked.rounds)
        place.call("version")
        print(f"{facts}\n\n{HEADER}", flush=True)
        measured, failed = measure(place, asked.cases or list(CASES))
    if asked.write:
        (ROOT / "results.json").write_text(document(measured, facts))
        (ROOT / "results.md").write_text(f"Machine: {facts}\n\n{markdown(measured)}")
    return 1 if failed else 0


def measure(place: Workplace, names: list[str]) -> tuple[list[Measurement], bool]:
    """Run cases one after the other, each row printed as it comes; says whether one failed."""
    measured: list[Measurement] = []
    failed = False
    for name in names:
        try:
            for one in CASES[name](place):
                measured.append(one)
                print(line(one), flush=True)
        except BenchError as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed = True
    return measured, failed


if __name__ == "__main__":
    sys.exit(main())
