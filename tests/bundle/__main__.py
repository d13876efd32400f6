"""Plant, capture and replay the corpus: `python3 -m tests.bundle`, in the repository's root, as root.

Exits with 1 if a verdict is not the expected one, a secret is in a bundle, or a packet left the namespace.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bundle.isolation import isolated
from tests.bundle.seeds import SEEDS
from tests.bundle.table import data, document, summary
from tests.bundle.trial import attempt
from tests.bundle.workplace import Workplace, empty, own_state

if TYPE_CHECKING:
    from tests.bundle.isolation import Isolation
    from tests.bundle.seed import Seed
    from tests.bundle.trial import Trial

RESULTS: Final = Path(__file__).resolve().parents[2] / "bench"


def main() -> int:
    """Try the seeds that the arguments name, and tell each one's verdict."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.bundle", description=__doc__)
    parser.add_argument("seeds", nargs="*", metavar="SEED", help="all without; see --list")
    parser.add_argument("--list", action="store_true", help="only say which seeds there are")
    parser.add_argument(
        "--jobs", type=int, default=1, help="seeds at once; more blur the seconds (1)"
    )
    parser.add_argument(
        "--write", action="store_true", help="write reproduction.md and reproduction.json in bench/"
    )
    asked = parser.parse_args()
    if asked.list:
        print("\n".join(f"{seed.name:24}{seed.shows}" for seed in SEEDS))
        return 0
    unknown = sorted(set(asked.seeds) - {seed.name for seed in SEEDS})
    if unknown:
        parser.error(f"no such seed: {', '.join(unknown)}; --list says which there are")
    chosen = [seed for seed in SEEDS if not asked.seeds or seed.name in asked.seeds]
    with tempfile.TemporaryDirectory(prefix="corpus-") as scratch, isolated() as isolation:
        trials = run(chosen, Path(scratch), isolation, asked.jobs)
        packets = isolation.packets()
    print(*summary(trials, packets), sep="\n")
    if asked.write:
        (RESULTS / "reproduction.md").write_text(document(trials, packets))
        (RESULTS / "reproduction.json").write_text(data(trials, packets))
    return 1 if packets or any(trial.problems for trial in trials) else 0


def run(seeds: list[Seed], scratch: Path, isolation: Isolation, jobs: int) -> list[Trial]:
    """Try seeds, some at once, and print each result as it comes."""
    here = Workplace(own_state())
    here.check()
    one = partial(_one, here=here, scratch=scratch, isolation=isolation)
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, seeds))


def _one(seed: Seed, here: Workplace, scratch: Path, isolation: Isolation) -> Trial:
    folder = scratch / seed.name
    trial = attempt(seed, here, empty(folder / "state", isolation), folder)
    figures = ", ".join(
        f"{name} {replay.seconds:.1f} s"
        for name, replay in (("cold", trial.cold), ("warm", trial.warm))
        if replay
    )
    judgement = "BAD" if trial.problems else "ok "
    size = f"{trial.size / 1e6:.1f} MB"
    line = (
        f"{judgement} {seed.name}: {trial.verdict or 'none'}; {size}, {figures or 'not replayed'}"
    )
    print(line, *(f"    {problem}" for problem in trial.problems), sep="\n", flush=True)
    return trial


if __name__ == "__main__":
    sys.exit(main())
