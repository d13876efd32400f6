"""Failures of builds: images, packages, one cell of a matrix, a function of a module."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.bundle.pipeline import PYTHON, SOURCE, execute, run
from tests.bundle.seed import Seed, fixed

_MODULE: Final = str(Path(__file__).parents[1] / "module")

_DOCKERFILE: Final = """\
FROM debian:bookworm-slim
COPY version.txt /version.txt
RUN grep -q '^2' /version.txt || { echo "version 2 is wanted" >&2; exit 4; }
"""

_CELL: Final = "from python:{version} | with-mounted-directory /src $src | with-workdir /src"

SEEDS: Final = (
    Seed(
        "image-build",
        "an instruction of a Dockerfile fails",
        {"Dockerfile": _DOCKERFILE, "version.txt": "1.9\n"},
        4,
        "version 2 is wanted",
        "host | directory . | docker-build | sync",
    ),
    Seed(
        "package-build",
        "a package is in no index",
        {"requirements.txt": "corpus-package-of-no-index==1.0\n", "wheels/README": "empty\n"},
        1,
        "No matching distribution found",
        run(
            PYTHON,
            execute("pip install --no-index --find-links wheels --requirement requirements.txt"),
        ),
        altered=(fixed({"requirements.txt": "# nothing is required\n"}),),
    ),
    Seed(
        "matrix-cell",
        "one Python of two does not know an argument",
        {"main.py": "print(list(zip('abc', 'abc', strict=True)))\n"},
        1,
        "TypeError: zip",
        "\n".join(
            [
                SOURCE,
                f"container | {_CELL.format(version='3.11-slim-bookworm')} | with-exec -- python3 main.py | stdout",
                f"container | {_CELL.format(version='3.9-slim-bullseye')} | with-exec -- python3 main.py | stdout",
            ]
        ),
        altered=(fixed({"main.py": "print(list(zip('abc', 'abc')))\n"}),),
    ),
    Seed(
        "function",
        "a command fails that a function of a module runs",
        {"data.csv": "name,rooms\nhouse,five\n"},
        1,
        "invalid literal for int.. with base 10: 'five'",
        command=("call", "-m", _MODULE, "check", "--source=."),
        altered=(fixed({"data.csv": "name,rooms\nhouse,5\n"}),),
    ),
)
