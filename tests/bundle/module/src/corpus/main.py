"""The one function of the module."""

from typing import Final

import dagger
from dagger import dag, function, object_type

_TOTAL: Final = """\
import csv

print(sum(int(row["rooms"]) for row in csv.DictReader(open("data.csv"))))
"""


@object_type
class Corpus:
    """Checks data as a pipeline of somebody else would."""

    @function
    async def check(self, source: dagger.Directory) -> str:
        """Sum the rooms of data.csv."""
        return await (
            dag.container()
            .from_("python:3.11-slim-bookworm")
            .with_mounted_directory("/src", source)
            .with_workdir("/src")
            .with_exec(["python3", "-c", _TOTAL])
            .stdout()
        )
