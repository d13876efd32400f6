"""The table of the API in the reference is what the code says."""

from __future__ import annotations

from pathlib import Path

from portable_dagger.api.table import table

PAGE = Path(__file__).parents[3] / "docs/reference/api.md"


def test_the_page_is_up_to_date() -> None:
    assert (
        PAGE.read_text() == table()
    ), "run python -m portable_dagger.api.table > docs/reference/api.md"


def test_it_tells_what_works_from_what_is_refused() -> None:
    rows = {row.split("`")[1]: row.split("|")[2:4] for row in table().splitlines() if "| `" in row}
    assert "`withExec`" in rows["Container"][0]
    assert "`experimentalWithGPU`" in rows["Container"][1]
    assert rows["LLM"][0].strip() == ""
