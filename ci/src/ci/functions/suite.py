"""The functions that test."""

import dagger
from dagger import check, function

from ci.functions.arguments import Postgres, Python, Select, Source
from ci.matrix import Selection


class SuiteFunctions:
    """Tests, and their report."""

    @function
    @check
    async def test(
        self,
        source: Source,
        python: Python = None,
        postgres: Postgres = None,
        select: Select = None,
    ) -> str:
        """Run the suite on every Python version with every Postgres version, and print one table.

        Fails if a test failed, a cell crashed, or the coverage of all cells is below the threshold.
        """
        from ci import suites

        return await suites.passed(source, Selection(python, postgres, select))

    @function
    async def test_report(
        self,
        source: Source,
        python: Python = None,
        postgres: Postgres = None,
        select: Select = None,
    ) -> dagger.Directory:
        """Run the suite as `test` does, and give JUnit and coverage (XML, HTML), per cell and merged.

        A red run has a report too: table.txt holds what `test` prints.
        """
        from ci import report, suites

        return await report.directory(await suites.run(source, Selection(python, postgres, select)))
