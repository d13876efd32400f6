"""The baseline for real: what a reference may be, asked of a git repository through a gate with --since."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from ci import baseline
from ci.baseline import BaselineSettings
from ci.errors import SettingsError
from tests.ci.change.repository import TIME_LIMIT_SECONDS, commit, git

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = "[tool.ci.baseline]\nreference = 'main'\n[tool.ci.lint]\nrequirements = 'lint.txt'\n"


def test_the_table_names_the_reference_and_may_be_left_out() -> None:
    assert baseline.parse(SETTINGS) == BaselineSettings(reference="main")
    assert baseline.parse("[tool.ci]\n") is None
    with pytest.raises(SettingsError, match=r"tool\.ci\.baseline\.reference is missing"):
        baseline.parse("[tool.ci.baseline]\n")


def test_what_is_given_goes_before_what_the_table_names() -> None:
    assert baseline.reference(SETTINGS, "") == "main"
    assert baseline.reference(SETTINGS, "v1") == "v1"
    assert baseline.reference("[tool.ci]\n", "v1") == "v1"
    assert not baseline.reference("[tool.ci]\n", "")


def add(folder: Path, name: str) -> None:
    (folder / name).write_text("x = 1\n", encoding="utf-8")
    commit(folder)


def compared(root: Path, folder: Path, reference: str) -> str:
    """Return what the gate says: on standard output where it passes, else on standard error."""
    ran = subprocess.run(
        [
            *(str(root / "dagger"), "--silent", "call", f"--mod={root}", "lint"),
            *("--source=.", "--git=.", f"--since={reference}"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )
    return ran.stdout or ran.stderr


@pytest.fixture(scope="module")
def shop(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a repository: main went on after `work`, which is checked out, parted from it."""
    folder = tmp_path_factory.mktemp("shop")
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    shutil.copy(root / "app" / "requirements" / "lint.txt", folder / "lint.txt")
    add(folder, "one.py")
    git(folder, "tag", "v1")
    add(folder, "two.py")
    git(folder, "branch", "work")
    add(folder, "three.py")
    git(folder, "checkout", "--quiet", "work")
    add(folder, "four.py")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("reference", ["main", "refs/heads/main", "main~0", "v1", "v1^{commit}"])
def test_the_baseline_is_where_a_branch_tag_or_commit_parted(
    root: Path, shop: Path, reference: str
) -> None:
    name = git(shop, "rev-parse", reference) if set("~^") & set(reference) else reference
    base = git(shop, "merge-base", "HEAD", reference)

    assert f"compared with commit {base[:12]}, where {name} parted" in compared(root, shop, name)


@pytest.mark.slow
def test_a_branch_may_be_that_of_the_remote(root: Path, shop: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--branch=work", f"file://{shop}", "clone")
    base = git(shop, "merge-base", "work", "main")

    assert f"commit {base[:12]}, where main parted" in compared(root, tmp_path / "clone", "main")


@pytest.mark.slow
def test_what_is_no_reference_or_has_no_common_history_is_refused(root: Path, shop: Path) -> None:
    git(shop, "checkout", "--quiet", "--orphan", "other")
    git(shop, "commit", "--quiet", "--message=Other")
    git(shop, "checkout", "--quiet", "work")

    for reference in ("nowhere", "other"):
        said = compared(root, shop, reference)
        assert f"{reference!r} is nothing that HEAD could be compared with" in said
        assert "fetch-depth: 0" in said


@pytest.mark.slow
def test_a_shallow_checkout_is_told_to_be_one(root: Path, shop: Path, tmp_path: Path) -> None:
    git(
        tmp_path,
        *("clone", "--quiet", "--branch=work", "--depth=1", "--no-single-branch"),
        *(f"file://{shop}", "clone"),
    )

    said = compared(root, tmp_path / "clone", "main")

    assert "'main' is nothing that HEAD could be compared with" in said
    assert "fetch-depth: 0" in said
