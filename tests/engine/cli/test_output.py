"""Results as text."""

from __future__ import annotations

import base64

import pytest

from portable_dagger.cli import output, queries
from portable_dagger.cli.queries import NIL, Json

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("hello", "hello"),
        ("", ""),
        (None, ""),
        (NIL, "<nil>"),
        (True, "true"),
        (500.0, "500"),
        (0.1, "0.1"),
        (1e21, "1e+21"),
        (18, "18"),
        ([], ""),
        (["b", "a"], "b\na\n"),
        ([3.0, 4.5], "3\n4.5\n"),
        ([["a", "b"], ["c"]], "a\nb\n\nc\n\n"),
    ],
)
def test_text(value: Json, text: str) -> None:
    assert output.as_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('a "b" <é> & \n', '"a \\"b\\" <é> & \\n"\n'),
        (["b", "a"], '[\n    "b",\n    "a"\n]\n'),
        ([{"name": "x"}], '[\n    {\n        "name": "x"\n    }\n]\n'),
        (0.1, "0.1\n"),
        (2.0, "2\n"),
        (None, ""),
    ],
)
def test_json(value: Json, text: str) -> None:
    assert output.as_json(value) == text


def test_object_names_itself_by_its_id() -> None:
    identifier = base64.urlsafe_b64encode(f"State@{DIGEST}".encode()).decode()
    assert output.as_objects("State", identifier) == f"State@{DIGEST}\n"
    assert output.as_objects("State", [identifier, None]) == f"- State@{DIGEST}\n- <nil>\n"


def test_object_with_a_foreign_id_gets_a_digest() -> None:
    assert output.name_of("File", "no base64!").startswith("File@sha256:")
    assert output.name_of("File", "x") != output.name_of("File", "y")


def test_value_at_the_end_of_a_path() -> None:
    data = {"state": {"pair": [{"name": "a"}, {"name": None}]}}
    keys = ["state", "pair", "name"]
    assert queries.extract(data, keys) == ["a", None]
    assert queries.first_list(data, keys) == [{"name": "a"}, {"name": None}]


def test_null_within_a_path() -> None:
    assert queries.extract({"state": {"maybe": None}}, ["state", "maybe", "name"]) is NIL
    assert queries.first_list({"state": {"maybe": None}}, ["state", "maybe", "name"]) is NIL
    assert queries.extract({"state": {"maybe": None}}, ["state", "maybe"]) is None


def test_a_terminal_obeys_nothing_of_a_text_from_elsewhere() -> None:
    text = "\x1b[31mred\x1b]0;title\x07\r\n\tümlaut \x9b2J\u202egnp.exe"
    assert output.harmless(text) == ("red\\x1b]0;title\\x07\\r\n\tümlaut \\x9b2J\\u202egnp.exe")
