from __future__ import annotations

import pytest

from ci.errors import SelectionError
from ci.matrix import Cell, cells, narrow


def test_every_python_meets_every_postgres_in_order() -> None:
    assert cells(["3.9", "3.10"], ["15", "16"]) == (
        Cell("3.9", "15"),
        Cell("3.9", "16"),
        Cell("3.10", "15"),
        Cell("3.10", "16"),
    )


def test_without_postgres_there_is_a_cell_a_python_version() -> None:
    assert cells(["3.9", "3.10"], []) == (Cell("3.9", None), Cell("3.10", None))


def test_a_cell_has_a_name_for_folders_and_one_for_people() -> None:
    assert Cell("3.9", "15").name == "python-3.9-postgres-15"
    assert str(Cell("3.9", "15")) == "Python 3.9, Postgres 15"
    assert Cell("3.9", None).name == "python-3.9"
    assert str(Cell("3.9", None)) == "Python 3.9"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (None, ("3.9", "3.10", "3.11")),
        ([], ("3.9", "3.10", "3.11")),
        (["3.11", "3.9", "3.11"], ("3.9", "3.11")),
    ],
)
def test_a_wish_narrows_in_the_order_of_the_settings(
    wanted: list[str] | None, expected: tuple[str, ...]
) -> None:
    assert narrow("key", ["3.9", "3.10", "3.11"], wanted) == expected


def test_a_version_that_the_settings_lack_is_refused() -> None:
    with pytest.raises(SelectionError, match=r"'3\.8' .* tool\.ci\.test\.python: 3\.9, 3\.10"):
        narrow("tool.ci.test.python", ["3.9", "3.10"], ["3.9", "3.8"])
    with pytest.raises(SelectionError, match=r"'15' .* \(none\)"):
        narrow("tool.ci.test.postgres", [], ["15"])
