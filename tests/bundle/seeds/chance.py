"""Failures that hang on chance: with a seed that is set, and without."""

from __future__ import annotations

from typing import Final

from tests.bundle.pipeline import PYTHON, execute, run, variable
from tests.bundle.seed import NONCE, Seed, fixed

_SET: Final = """\
import sys

first = next(iter({"apple", "pear", "plum", "quince", "cherry", "fig", "lemon", "lime"}))
sys.exit(0 if first == "apple" else f"apple is not the first, {first} is")
"""

_DRAW: Final = """\
import os
import random
import sys

draw = random.Random(int(os.environ["CORPUS_SEED"])).randint(1, 1_000_000)
sys.exit(0 if draw == 1 else f"drew {draw}")
"""

_FLAKY: Final = """\
import os
import sys

sys.exit("unlucky" if os.urandom(1)[0] % 2 else 0)
"""

SEEDS: Final = (
    Seed(
        "hash-seed",
        "the order of a set hangs on PYTHONHASHSEED",
        {"main.py": _SET},
        1,
        "apple is not the first",
        run(PYTHON, variable("PYTHONHASHSEED", "7"), execute("python3 main.py")),
        altered=(
            fixed({"main.py": _SET.replace("iter({", "iter(sorted({").replace('"})', '"}))')}),
        ),
    ),
    Seed(
        "random-seed",
        "a number is drawn with a seed of the environment",
        {"main.py": _DRAW},
        1,
        r"drew \d+",
        run(PYTHON, variable("CORPUS_SEED", "42"), execute("python3 main.py")),
    ),
    Seed(
        "flaky",
        "it fails every other time",
        {"main.py": _FLAKY},
        1,
        "unlucky",
        run(PYTHON, variable("RUN", NONCE), execute("python3 main.py")),
        verdict="",
        deterministic=False,
        replay=("--repeat=20",),
    ),
)
