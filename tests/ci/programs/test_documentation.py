from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ci.programs import documentation

if TYPE_CHECKING:
    from pathlib import Path


def look(folder: Path, names: list[str], *more: str) -> dict[str, Any]:
    (folder / "names").write_text("\n".join(names), encoding="utf-8")
    output = folder / "output.json"
    arguments = [str(folder), f"--names={folder}/names", f"--output={output}", *more]
    assert documentation.main(arguments) == 0
    found: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return found


def test_pages_of_the_paths_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("[b](b.md#b)\n\n```rust run\n```\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("# b\n\n[gone](gone.md)\n", encoding="utf-8")

    found = look(tmp_path, ["a.md", "b.md"], "--path=a.md")

    assert found["files"] == 1
    assert [(entry["id"], entry["line"]) for entry in found["findings"]] == [("run", 3)]


def test_a_page_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xff\n")

    found = look(tmp_path, ["a.md"], "--path=.")

    assert [(entry["id"], entry["path"]) for entry in found["findings"]] == [("unread", "a.md")]


def test_blocks_are_told_with_what_they_have_to_print(tmp_path: Path) -> None:
    text = "```sh run\ntrue\n```\n\n<!-- help: x -h -->\n```\nusage\n```\n\n```json\n{\n```\n"
    (tmp_path / "a.md").write_text(text, encoding="utf-8")

    found = look(tmp_path, ["a.md"], "--path=.", "--language=json")

    (run,), (usage,), (fault,) = found["runs"], found["helps"], found["findings"]
    assert (run["language"], run["text"], run["output"]) == ("sh", "true\n", None)
    assert (usage["command"], usage["line"], usage["last"]) == ("x -h", 6, 8)
    assert (fault["id"], fault["line"]) == ("json", 12)
