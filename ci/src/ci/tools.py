"""The tools whose findings there are: what each is called, and where it is described."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PYTEST: Final = "pytest"
"""What it finds, no waiver lets pass."""


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a tool in reports."""

    name: str
    link: str


TOOLS: Final[Mapping[str, About]] = {
    "actionlint": About("actionlint", "https://github.com/rhysd/actionlint"),
    "bandit": About("Bandit", "https://bandit.readthedocs.io"),
    "black": About("Black", "https://black.readthedocs.io"),
    "flake8": About("Flake8", "https://flake8.pycqa.org"),
    "mypy": About("mypy", "https://mypy.readthedocs.io"),
    PYTEST: About("pytest", "https://docs.pytest.org"),
    "ruff": About("Ruff", "https://docs.astral.sh/ruff"),
    "trivy": About("Trivy", "https://trivy.dev"),
    "workflows": About("workflows", "https://docs.github.com/actions"),
    "zizmor": About("zizmor", "https://docs.zizmor.sh"),
}
"""By what `Finding.tool` and the waivers call them. A gate that brings a tool adds it here."""
