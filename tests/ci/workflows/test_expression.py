from __future__ import annotations

import pytest

from ci.workflows.expression import condition, evaluate, fill
from ci.workflows.operators import Undecided, Value

KNOWN: dict[str, Value] = {
    "github.event_name": "push",
    "github.ref": "refs/heads/main",
    "matrix.python": "3.12",
    "inputs.none": None,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("github.event_name == 'push'", True),
        ("${{ github.event_name == 'PUSH' }}", True),
        ("github.event_name != 'push'", False),
        ("!(github.ref == 'refs/heads/main')", False),
        ("startsWith(github.ref, 'refs/tags/') || endsWith(github.ref, '/main')", True),
        ("contains(github.ref, 'heads') && success()", True),
        ("failure()", False),
        ("!cancelled()", True),
        ("always() && github.ref == 'it''s'", False),
        ("matrix.python >= 3 && 2 < 10", True),
        ("inputs.none", False),
        ("inputs.none == null", True),
        ("matrix.python == 3.12", True),
        ("github.ref < 3", False),
        ("'' == false", True),
        # Whatever is unknown, the other side decides.
        ("github.actor == 'x' || true", True),
        ("github.event_name == 'schedule' && secrets.X", False),
        ("secrets.X && false", False),
        ("!(secrets.X && false)", True),
    ],
)
def test_a_condition_is_decided(text: str, *, expected: bool) -> None:
    assert condition(text, KNOWN) is expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("github.actor == 'x'", "github.actor"),
        ("github.actor == 'x' && true", "github.actor"),
        ("(secrets.X || 'a') == 'a'", "secrets.X"),
        ("hashFiles('x') == 'y'", "hashFiles()"),
        ("github.event_name == ", "ends too early"),
        ("github.event_name = 'x'", "github.event_name = 'x'"),
        ("(true", "without"),
        ("true true", "true true"),
    ],
)
def test_what_is_not_known_here_is_named(text: str, name: str) -> None:
    with pytest.raises(Undecided) as caught:
        condition(text, KNOWN)

    assert name in str(caught.value)


def test_a_text_has_its_expressions_filled_in() -> None:
    text = "py${{ matrix.python }} ${{ github.ref || 'x' }} ${{ inputs.none || 'y' }} ${{ 1 == 1 }}"

    assert fill(text, KNOWN) == "py3.12 refs/heads/main y true"


def test_a_value_that_may_be_another_is_not_told() -> None:
    with pytest.raises(Undecided, match=r"secrets\.X"):
        evaluate("secrets.X || 'y'", KNOWN)
