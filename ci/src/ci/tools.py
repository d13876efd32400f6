"""The tools whose findings there are: what each is called, and where it is described."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PYTEST: Final = "pytest"
"""What it finds, no waiver lets pass."""

CRASH: Final = "crash"
"""The rule of a cell of the suite that broke off."""

COVERAGE: Final = "coverage"
"""The rule of a suite that covers less than it has to."""


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a tool in reports."""

    name: str
    link: str


TOOLS: Final[Mapping[str, About]] = {
    "actionlint": About("actionlint", "https://github.com/rhysd/actionlint"),
    "bandit": About("Bandit", "https://bandit.readthedocs.io"),
    "black": About("Black", "https://black.readthedocs.io"),
    "coverage": About("coverage.py", "https://coverage.readthedocs.io"),
    "docs": About("docs", "https://commonmark.org"),
    "flake8": About("Flake8", "https://flake8.pycqa.org"),
    "gitleaks": About("gitleaks", "https://github.com/gitleaks/gitleaks"),
    "license-expression": About(
        "license-expression", "https://github.com/aboutcode-org/license-expression"
    ),
    "mypy": About("mypy", "https://mypy.readthedocs.io"),
    "pip-audit": About("pip-audit", "https://github.com/pypa/pip-audit"),
    "oasdiff": About("oasdiff", "https://www.oasdiff.com"),
    "openapi": About("OpenAPI", "https://spec.openapis.org"),
    PYTEST: About("pytest", "https://docs.pytest.org"),
    "ruff": About("Ruff", "https://docs.astral.sh/ruff"),
    "schemathesis": About("Schemathesis", "https://schemathesis.readthedocs.io"),
    "trivy": About("Trivy", "https://trivy.dev"),
    "trufflehog": About("TruffleHog", "https://github.com/trufflesecurity/trufflehog"),
    "workflows": About("workflows", "https://docs.github.com/actions"),
    "zizmor": About("zizmor", "https://docs.zizmor.sh"),
}
"""By what `Finding.tool` and the waivers call them. A gate that brings a tool adds it here."""
