from __future__ import annotations

import pytest

from ci.change import rules

RUFF = '[tool.ruff.lint]\nselect = ["F", "B"]\n'
WAIVER = '[[tool.ci.waivers]]\nid = "{id}"\nexpires = 2027-01-31\n'
END = ". Look at these first."


def test_a_change_of_code_alone_changes_no_rule() -> None:
    assert not rules.render(["app/price.py", "docs/ci/a.md", "cicd/x", "app/setup.cfg.py"])


def test_another_version_of_the_project_changes_no_rule() -> None:
    texts = (f'[project]\nversion = "{number}"\n{RUFF}' for number in (1, 2))

    assert not rules.render(["pyproject.toml"], *texts)


def test_a_rule_that_is_dropped_is_told_by_its_table() -> None:
    said = rules.render(["app/a.py", "pyproject.toml"], RUFF, RUFF.replace(', "B"', ""))

    assert said == f"**The rules changed**: `pyproject.toml` (`[tool.ruff]`){END}"


def test_tables_of_this_module_are_told_each_and_how_many_waivers_came_and_went() -> None:
    before = f"[tool.ci.scan]\nlocks = []\n[tool.ci.docs]\n{WAIVER.format(id='A')}"
    now = f"[tool.ci.docs]\n{WAIVER.format(id='B')}{WAIVER.format(id='C')}[tool.mypy]\n"

    assert rules.render(["pyproject.toml"], before, now) == (
        "**The rules changed**: `pyproject.toml` (`[tool.mypy]`, `[tool.ci.scan]`, "
        f"`[tool.ci.waivers]`: 2 added, 1 removed){END}"
    )


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("ci/src/ci/main.py", "`ci/`"),
        (".github/workflows/ci.yml", "`.github/`"),
        (".ci/run", "`.ci/`"),
        ("engine/pyproject.toml", "`engine/`"),
        ("dagger.json", "`dagger.json`"),
        ("ruff.toml", "`ruff.toml`"),
        ("app/deep/.ruff.toml", "`app/deep/.ruff.toml`"),
        (".flake8", "`.flake8`"),
    ],
)
def test_what_else_decides_is_told_by_its_folder_or_its_name(path: str, says: str) -> None:
    assert rules.render([path]) == f"**The rules changed**: {says}{END}"


def test_a_text_that_is_no_toml_is_told() -> None:
    assert "`pyproject.toml` (which cannot be read)" in rules.render(["pyproject.toml"], "[", "")


def test_of_many_files_some_are_told() -> None:
    assert "and 80 more" in rules.render([f"{number}/ruff.toml" for number in range(100)])
