"""--since for real: a small repository with a branch that brings findings, mends some, moves and renames others."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ci.change.repository import TIME_LIMIT_SECONDS, UNUSED, commit, git, write

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SETTINGS = """
[tool.ruff.lint]
select = ["F"]

[tool.ci.format]
requirements = "lint.txt"

[tool.ci.lint]
requirements = "lint.txt"

[tool.ci.code-security]
paths = ["shop"]
"""
UNFORMATTED = "x = [ 1 ]\n"


def call(root: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(root / "dagger"), "--silent", "call", f"--mod={root}", *words]
    return subprocess.run(
        [*command, "--source=.", "--git=."],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )


@pytest.fixture
def shop(root: Path, tmp_path: Path) -> Path:
    """Give a repository whose main has findings of old, and a branch `work` that is checked out."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    shutil.copy(root / "app" / "requirements" / "lint.txt", tmp_path / "lint.txt")
    (tmp_path / "shop").mkdir()
    write(tmp_path, "old.py", UNUSED.format(name="os"), UNFORMATTED)
    write(tmp_path, "mended.py", UNUSED.format(name="json"))
    write(tmp_path, "renamed.py", UNUSED.format(name="csv"), "eval('1')\n", UNFORMATTED, "y = 1\n")
    commit(tmp_path)
    git(tmp_path, "checkout", "--quiet", "-b", "work")
    return tmp_path


def test_what_is_of_old_is_left_out_wherever_it_is_now(root: Path, shop: Path) -> None:
    write(shop, "old.py", "\n", "z = 1\n", UNUSED.format(name="os"), UNFORMATTED)
    write(shop, "mended.py", "z = 1\n")
    shutil.move(shop / "shop" / "renamed.py", shop / "shop" / "other.py")
    write(shop, "new.py", "z = 1\n")
    commit(shop)

    ran = {name: call(root, shop, name, "--since=main") for name in ("lint", "format")}
    security = call(root, shop, "code-security", "--since=main")

    assert [each.returncode for each in ran.values()] == [0, 0], ran
    base = git(shop, "rev-parse", "main")[:12]
    compared = f"compared with commit {base}, where main parted"
    older = "2 older findings are not shown: without --since"
    assert f"{compared}, 1 finding fixed; {older}" in ran["lint"].stdout
    assert f"{compared}; {older}" in ran["format"].stdout
    # Black is given no file that is as it was: not __init__.py, nor the one that is gone.
    assert "given: 4 files" in ran["format"].stdout
    assert security.returncode == 0, security.stderr
    assert f"{compared}; 1 older finding is not shown" in security.stdout


def test_what_is_new_is_red_and_nothing_else_is_shown(root: Path, shop: Path) -> None:
    write(shop, "new.py", UNUSED.format(name="os"), UNFORMATTED, "eval('2')\n")

    ran = {
        name: call(root, shop, name, "--since=main") for name in ("lint", "format", "code-security")
    }
    reported = call(root, shop, "-o=report", "report", "--since=main")
    everything = call(root, shop, "lint")

    for name, each in ran.items():
        assert each.returncode == 1, name
        assert "1 new finding to mend" in each.stderr
        assert "shop/new.py" in each.stderr
        assert "old.py" not in each.stderr
    assert reported.returncode == 0, reported.stderr
    text = (shop / "report" / "lint" / "findings.json").read_text(encoding="utf-8")
    assert [each["path"] for each in json.loads(text)["findings"]] == ["shop/new.py"]
    assert "4 findings to mend" in everything.stderr


def test_where_the_gate_was_off_or_cannot_be_judged_everything_is_new(
    root: Path, shop: Path
) -> None:
    git(shop, "checkout", "--quiet", "main")
    (shop / "pyproject.toml").write_text("[tool.ci]\n", encoding="utf-8")
    commit(shop)
    git(shop, "branch", "off")
    (shop / "pyproject.toml").write_text("[tool.ci]\nnonsense = 1\n", encoding="utf-8")
    commit(shop)
    git(shop, "branch", "broken")
    (shop / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")

    off = call(root, shop, "lint", "--since=off")
    broken = call(root, shop, "lint", "--since=broken")

    assert (off.returncode, broken.returncode) == (1, 1)
    assert "3 new findings to mend" in off.stderr
    assert "where off parted: the gate is off there, so that everything is new" in off.stderr
    assert "it cannot be judged (tool.ci.nonsense in pyproject.toml is not known" in broken.stderr


def test_a_change_that_turns_a_gate_off_is_no_pass(root: Path, shop: Path) -> None:
    settings = SETTINGS.replace("[tool.ci.lint]", "[tool.ci.types.shop]\npaths = ['shop']")
    (shop / "pyproject.toml").write_text(settings, encoding="utf-8")

    lint = call(root, shop, "lint", "--since=main")
    review = call(root, shop, "pr", "--gate=lint,docs", "--since=main")

    base = git(shop, "rev-parse", "main")[:12]
    says = f"the change turns this gate off: it is on at commit {base}, where main parted"
    assert (lint.returncode, review.returncode) == (1, 1)
    assert says in lint.stderr
    assert "Leave its table in pyproject.toml" in lint.stderr
    assert "1 of 1 gate is red: lint" in review.stderr
    assert says in review.stderr
    assert "| docs | off |" in review.stderr


def test_a_change_of_the_tool_or_its_settings_is_looked_at_whole(root: Path, shop: Path) -> None:
    settings = SETTINGS.replace('"F"', '"F", "S307"')
    (shop / "pyproject.toml").write_text(settings, encoding="utf-8")

    lint = call(root, shop, "lint", "--since=main")
    formatted = call(root, shop, "format", "--since=main")

    assert lint.returncode == 1
    assert "S307  shop/renamed.py:2" in lint.stderr
    assert formatted.returncode == 0, formatted.stderr
    assert "given: 3 files" in formatted.stdout
