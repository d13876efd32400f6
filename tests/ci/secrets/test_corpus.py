"""The gate on its corpus, for real: what the reference page says of it is measured here."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.ci.secrets import measure
from tests.ci.secrets.repository import CORPUS

pytestmark = pytest.mark.slow

LEAST_RECALL = 0.95
LEAST_PRECISION = 0.90


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    return measure.found()


@pytest.mark.parametrize("held_out", [False, True])
def test_enough_is_found_and_little_else(found: list[dict[str, Any]], *, held_out: bool) -> None:
    chosen = [case for case in CORPUS if case.held_out is held_out]

    reached = measure.score(chosen, {finding["path"] for finding in found})

    assert reached.recall >= LEAST_RECALL
    assert reached.precision >= LEAST_PRECISION


def test_the_page_says_what_is_found(found: list[dict[str, Any]]) -> None:
    tables = measure.page({finding["path"] for finding in found})

    assert measure.written() == tables, "python3 -m tests.ci.secrets --write"


def test_a_finding_says_where_and_never_what(found: list[dict[str, Any]]) -> None:
    text = json.dumps(found)
    values = {word for case in CORPUS if case.secret for word in re.findall(r"\w{20,}", case.text)}
    values = {value for value in values if re.search(r"\d", value)}

    assert len(values) > 100
    assert not [value for value in values if value in text]
    for finding in found:
        assert re.fullmatch(r"in [0-9a-f]{12} of 2026-01-02|not committed yet", finding["message"])
        assert finding["line"] > 0
        assert finding["remedy"].startswith("rotate it first")
