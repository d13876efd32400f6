"""What is to be done about findings."""

from collections.abc import Iterable
from typing import Final

from ci.findings import Finding

_RULES: Final = 6
_MOST: Final = 12


def grouped(findings: Iterable[Finding]) -> tuple[dict[str, str], int]:
    """Return what to do, as far as it is known: each remedy once with the rules that it is for, as a text.

    The number is of those that are left out.
    """
    rules: dict[str, dict[str, None]] = {}
    for finding in findings:
        if finding.remedy:
            rules.setdefault(finding.remedy, {})[finding.id] = None
    shown = {remedy: _listed(list(names)) for remedy, names in list(rules.items())[:_MOST]}
    return shown, len(rules) - len(shown)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _RULES} more" if len(names) > _RULES else ""
    return ", ".join(names[:_RULES]) + more
