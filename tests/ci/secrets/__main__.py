"""Measures the gate `secrets` by its corpus: `python3 -m tests.ci.secrets`; with `--write`, into the reference page."""

from __future__ import annotations

import argparse
import sys

from tests.ci.secrets import measure
from tests.ci.secrets.repository import CORPUS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.ci.secrets", description=__doc__)
    parser.add_argument(
        "--write", action="store_true", help=f"write the tables into {measure.PAGE.name}"
    )
    given = parser.parse_args()
    paths = {finding["path"] for finding in measure.found()}
    tables = measure.page(paths)
    print(tables)
    for case in CORPUS:
        if case.secret is not (case.path in paths):
            print(f"{'missed' if case.secret else 'wrong'}: {case.path}")
    if given.write:
        measure.write(tables)
    return 0


if __name__ == "__main__":
    sys.exit(main())
