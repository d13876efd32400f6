"""What the cells of a run came to, and whether that is green."""

from dataclasses import dataclass

from ci.coverage import Coverage
from ci.junit import Report
from ci.matrix import Cell


@dataclass(frozen=True, slots=True)
class Result:
    """One cell: its report and coverage as far as there are any, and how it broke off, if it did."""

    cell: Cell
    report: Report | None = None
    coverage: Coverage | None = None
    crash: str = ""

    @property
    def failed(self) -> bool:
        """Whether a test failed or the cell broke off."""
        return bool(self.crash) or self.report is None or self.report.failed > 0


@dataclass(frozen=True, slots=True)
class Summary:
    """A whole run: its cells, their coverage together, and the time that it took."""

    results: tuple[Result, ...]
    coverage: Coverage | None
    threshold: float
    """Least coverage in percent; 0 holds nothing."""
    seconds: float
    seed: str = ""
    """The seed of Python's hashes."""

    @property
    def failed(self) -> tuple[Result, ...]:
        """The cells that are not green."""
        return tuple(result for result in self.results if result.failed)

    @property
    def covered(self) -> bool:
        """Whether the threshold is reached; without a threshold it is."""
        if not self.threshold:
            return True
        return self.coverage is not None and self.coverage.percent >= self.threshold

    @property
    def green(self) -> bool:
        """Whether every cell passed and the threshold is reached."""
        return not self.failed and self.covered
