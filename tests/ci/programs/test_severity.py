from __future__ import annotations

from typing import Any

import pytest

from ci.programs.severity import of

V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
V4 = "CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, "UNKNOWN"),
        ({"severity": [{"type": "CVSS_V3", "score": V3}]}, "CRITICAL"),
        ({"severity": [{"type": "CVSS_V4", "score": V4}]}, "LOW"),
        ({"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/nonsense"}]}, "UNKNOWN"),
        ({"severity": [{"type": "Ubuntu", "score": "high"}]}, "UNKNOWN"),
        ({"database_specific": {"severity": "MODERATE"}}, "MEDIUM"),
        ({"affected": [{"severity": [{"type": "CVSS_V3", "score": V3}]}]}, "CRITICAL"),
        (
            {
                "database_specific": {"severity": "LOW"},
                "severity": [{"type": "CVSS_V3", "score": V3}],
            },
            "CRITICAL",
        ),
    ],
)
def test_the_worst_that_is_told_counts(document: dict[str, Any], expected: str) -> None:
    assert of(document) == expected
