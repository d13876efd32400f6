"""TRACEPARENT."""

import re

import pytest

from portable_dagger.record.tracing import child_of

PARENT = f"00-{'ab' * 16}-{'cd' * 8}-01"


def test_a_call_is_in_its_parents_trace() -> None:
    first, second = child_of(PARENT, "12"), child_of(PARENT, "12")
    assert first.split("-")[1::2] == ["ab" * 16, "01"]
    assert "cd" * 8 not in first
    assert first != second


@pytest.mark.parametrize(
    "parent", [None, "", "x", f"00-{'0' * 32}-{'cd' * 8}-01", PARENT.upper(), f"01{PARENT[2:]}"]
)
def test_without_a_parent_the_session_makes_a_trace(parent: str | None) -> None:
    made = child_of(parent, "12ab")
    assert re.fullmatch("00-f{28}12ab-[0-9a-f]{16}-01", made)
