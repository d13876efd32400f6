from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ci.programs import yaml_lines

if TYPE_CHECKING:
    from pathlib import Path


def test_each_value_has_the_line_that_it_begins_at_and_its_text_as_it_is_written() -> None:
    assert yaml_lines.read("on:\n  push:\njobs: [yes, 1.0]\n") == {
        "line": 1,
        "fields": [
            ["on", 1, {"line": 2, "fields": [["push", 2, {"line": 2, "text": ""}]]}],
            [
                "jobs",
                3,
                {"line": 3, "items": [{"line": 3, "text": "yes"}, {"line": 3, "text": "1.0"}]},
            ],
        ],
    }


def test_an_alias_is_what_it_names() -> None:
    _, (_, _, alias) = yaml_lines.read("a: &x [1]\nb: *x\n")["fields"]

    assert alias == {"line": 1, "items": [{"line": 1, "text": "1"}]}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: [\n", 2, "while parsing a flow node expected the node content"),
        ("a: 1\n b: 2\n", 2, "mapping values are not allowed here"),
        ("a: *none\n", 1, "undefined alias"),
        ("a: \x00\n", 1, "special characters are not allowed"),
    ],
)
def test_what_is_no_yaml_says_where(text: str, line: int, says: str) -> None:
    found = yaml_lines.read(text)

    assert found["line"] == line
    assert says in found["error"]


def test_an_empty_file_is_an_empty_value() -> None:
    assert yaml_lines.read("# nothing\n") == {"line": 1, "text": ""}


def test_the_command_writes_an_entry_for_each_file(tmp_path: Path) -> None:
    good, bad, output = tmp_path / "good.yml", tmp_path / "bad.yml", tmp_path / "out.json"
    good.write_text("a: 1\n", encoding="utf-8")
    bad.write_bytes(b"a: [\xff\n")

    assert yaml_lines.main([f"--output={output}", str(good), str(bad)]) == 0

    found = json.loads(output.read_text(encoding="utf-8"))
    assert found[str(good)]["fields"] == [["a", 1, {"line": 1, "text": "1"}]]
    assert "error" in found[str(bad)]
