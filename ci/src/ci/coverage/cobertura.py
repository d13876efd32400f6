"""Coverage as the totals of a Cobertura report."""

import math
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from ci.errors import ReportError


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many lines and branches there are, and how many of them ran."""

    covered: int
    valid: int
    files: int = field(default=0, compare=False)
    """How many files that is of."""

    @property
    def percent(self) -> float:
        """The share that ran, in percent as `coverage report` counts it; 100 of nothing."""
        return 100 * self.covered / self.valid if self.valid else 100.0

    def __str__(self) -> str:
        # Rounded down: what is shown as 90.0 % reaches a threshold of 90.
        return f"{math.floor(self.percent * 10) / 10:.1f} %"


def parse(text: str) -> Coverage:
    """Read the totals of a Cobertura report as coverage.py writes it. Raises ReportError."""
    try:
        # The text comes from a container of ours; expat limits entity expansion.
        root = ET.fromstring(text)  # noqa: S314 # nosec B314
        return Coverage(
            covered=int(root.attrib["lines-covered"]) + int(root.attrib["branches-covered"]),
            valid=int(root.attrib["lines-valid"]) + int(root.attrib["branches-valid"]),
            files=sum(1 for _ in root.iter("class")),
        )
    except (ET.ParseError, KeyError, ValueError) as error:
        raise ReportError(
            f"the coverage report is not Cobertura XML: {error}: {text[:80]!r}",
            "Look at what pytest printed; a full disk cuts files off.",
        ) from None
