"""The gate for real, on small repositories: clean, with a secret, off, and where nothing can be known."""

from __future__ import annotations

import re
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.ci.secrets.corpus import Chance
from tests.ci.secrets.repository import git

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TIME_LIMIT_SECONDS = 600
TOKEN = f"ghp_{Chance('gate').text(36)}"
ON = "[tool.ci.secrets]\n"


def call(root: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(root / "dagger"), "--silent", "call", f"--mod={root}", *words, "--source=."]
    command.append("--git=.")
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS, check=False
    )


def commit(folder: Path, path: str, text: str) -> str:
    (folder / path).write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=commit")
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Give a repository without a secret; one that git ignores aside."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / ".gitignore").write_text(".env\n", encoding="utf-8")
    (folder / ".env").write_text(f"TOKEN={TOKEN}\n", encoding="utf-8")
    commit(folder, "pyproject.toml", ON)
    return folder


def test_a_clean_history_passes_and_it_is_told_by_what(root: Path, shop: Path) -> None:
    ran = call(root, shop, "secrets")

    assert ran.returncode == 0, ran.stderr
    assert re.search(r"nothing to mend\n\ngiven: 1 commit\nby: .*gitleaks", ran.stdout)


def test_what_is_not_committed_is_found_without_being_shown(root: Path, shop: Path) -> None:
    (shop / "new.py").write_text(f"\nTOKEN = '{TOKEN}'\n", encoding="utf-8")

    ran = call(root, shop, "secrets")

    assert ran.returncode == 1
    assert re.search(r"CRITICAL +github-pat +new\.py:2 +not committed yet", ran.stderr)
    assert "github-pat: rotate it first" in ran.stderr
    assert TOKEN not in ran.stderr


def test_a_secret_stays_found_after_it_was_removed_until_it_is_waived(
    root: Path, shop: Path
) -> None:
    added = commit(shop, "settings.py", f"TOKEN = '{TOKEN}'\n")
    commit(shop, "settings.py", "TOKEN = ''\n")

    red = call(root, shop, "secrets")
    waiver = f'id = "{added[:12]}:settings.py:github-pat:1"\nowner = "ada"\nreason = "revoked"\n'
    text = f"{ON}\n[[tool.ci.waivers]]\n{waiver}expires = 9999-12-31\n"
    (shop / "pyproject.toml").write_text(text, encoding="utf-8")
    waived = call(root, shop, "secrets")

    assert red.returncode == 1
    assert f"in {added[:12]} of 2026-01-02" in red.stderr
    assert waived.returncode == 0, waived.stderr
    assert "waived: github-pat settings.py:1: revoked (ada" in waived.stdout


def test_a_configuration_allows_and_a_pattern_skips(root: Path, shop: Path) -> None:
    commit(shop, "fixture.py", f"TOKEN = '{TOKEN}'\n")
    commit(shop, "sample.py", f"TOKEN = '{TOKEN[:-1]}a'\n")
    theirs = "[extend]\nuseDefault = true\n[[allowlists]]\npaths = ['''^fixture\\.py$''']\n"
    (shop / "gitleaks.toml").write_text(theirs, encoding="utf-8")

    (shop / "pyproject.toml").write_text(f'{ON}configuration = "gitleaks.toml"\n')
    configured = call(root, shop, "secrets")
    (shop / "pyproject.toml").write_text(f'{ON}skip = ["fixture.*", "sample.*"]\n')
    skipped = call(root, shop, "secrets")

    assert configured.returncode == 1
    assert "sample.py:1" in configured.stderr
    assert "fixture.py" not in configured.stderr
    assert skipped.returncode == 0, skipped.stderr
    assert "2 more that [tool.ci.secrets] lets pass" in skipped.stdout


def test_the_gate_is_off_without_settings(root: Path, shop: Path) -> None:
    (shop / "pyproject.toml").write_text("[tool.ci]\n", encoding="utf-8")

    ran = call(root, shop, "secrets")

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "off: pyproject.toml has no [tool.ci.secrets]\n"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("configuration = 'none.toml'", r"configuration .* 'none\.toml', which is not in the"),
        ("configuration = 'bad.toml'", r"gitleaks broke off .*\n.*error parsing regexp"),
        ("trufflehog = true", r"TruffleHog's image .* is not to be had"),
        ("image = 'gitleaks:latest'", r"image .* has to be an image with its digest"),
    ],
)
def test_what_cannot_look_is_no_pass(root: Path, shop: Path, settings: str, says: str) -> None:
    (shop / "pyproject.toml").write_text(f"{ON}{settings}\n", encoding="utf-8")
    (shop / "bad.toml").write_text("[[rules]]\nregex = '('\n", encoding="utf-8")

    ran = call(root, shop, "secrets")

    assert ran.returncode == 1
    assert re.search(says, ran.stderr), ran.stderr


def test_a_history_that_is_not_all_here_is_no_pass(root: Path, shop: Path, tmp_path: Path) -> None:
    commit(shop, "more", "more\n")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{shop}", "shallow")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "pyproject.toml").write_text(ON, encoding="utf-8")
    git(tmp_path / "empty", "init", "--quiet")

    shallow = call(root, tmp_path / "shallow", "secrets")
    empty = call(root, tmp_path / "empty", "secrets")

    assert shallow.returncode == 1
    assert "the history of the repository is not all here" in shallow.stderr
    assert "fetch-depth: 0" in shallow.stderr
    assert empty.returncode == 1
    assert "the repository has no history" in empty.stderr


def test_a_captured_step_says_nothing_of_the_value(root: Path, shop: Path) -> None:
    commit(shop, "settings.py", f"TOKEN = '{TOKEN}'\n")

    ran = call(root, shop, "--output=failures", "capture", "--gate=secrets")
    bundle = shop / "failures" / "secrets-in-the-history.tar"
    with tarfile.open(bundle) as archive:
        held = [file.read() for entry in archive if (file := archive.extractfile(entry))]

    assert ran.returncode == 0, ran.stderr
    assert any(b"leaks found" in content for content in held)
    assert not any(TOKEN.encode() in content for content in held)
    assert TOKEN not in (shop / "failures" / "table.txt").read_text(encoding="utf-8")


def test_since_a_branch_what_came_after_it_is_new_wherever_else_it_is(
    root: Path, shop: Path
) -> None:
    commit(shop, "old.py", f"TOKEN = '{TOKEN}'\n")
    git(shop, "checkout", "--quiet", "-b", "work")
    other = f"ghp_{Chance('since').text(36)}"
    commit(shop, "new.py", f"TOKEN = '{other}'\n")
    commit(shop, "new.py", "TOKEN = ''\n")
    # One that is built on it has it, too; nor does it matter that main went on.
    git(shop, "branch", "later")
    git(shop, "checkout", "--quiet", "main")
    commit(shop, "apart.py", f"TOKEN = '{other}'\n")
    git(shop, "checkout", "--quiet", "work")

    red = call(root, shop, "secrets", "--since=main")
    green = call(root, shop, "secrets", "--since=later")

    assert red.returncode == 1
    assert "1 new finding to mend" in red.stderr
    assert re.search(r"CRITICAL +github-pat +new\.py:1", red.stderr)
    assert "1 older finding is not shown: without --since" in red.stderr
    assert green.returncode == 0, green.stderr
    assert "2 older findings are not shown" in green.stdout
