"""`pr` for real: a small repository with a change, and a forge on the loopback that it is posted to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from ci import settings
from tests.ci.change.repository import TIME_LIMIT_SECONDS, UNUSED, commit, git, write
from tests.ci.programs.code_host import REPOSITORY, Account, CodeHost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

TOKEN = "s3cret-token-of-ada"  # noqa: S105 - of a forge that lives for one test
SETTINGS = """
[tool.ruff.lint]
select = ["F"]

[tool.ci.lint]
requirements = "lint.txt"

[tool.ci.format]
requirements = "lint.txt"

[tool.ci.baseline]
reference = "main"

[tool.ci.scan]
locks = ["requirements[.]txt$"]
"""
LOCK = "idna==3.10 --hash=sha256:00\njinja2==3.1.6 --hash=sha256:01\n"
GATES = "--gate=lint,format,types"
REPORT = """\
<!-- portable-ci: report of the gates -->

**1 of 2 gates is red: lint**

**The rules changed**: `pyproject.toml` (`[tool.ruff]`). Look at these first.

| Gate | State | New | Fixed | Older | Waived | Let pass |
|---|---|--:|--:|--:|--:|--:|
| lint | **red** | 1 | 1 | 1 | 0 | 0 |
| format | green | 0 | 0 | 0 | 0 | 0 |
| types | off | - | - | - | - | - |

Compared with `commit {base}, where main parted`: 4 files differ.

### Dependencies

1 added, 1 removed, 1 of another version:

| Lock | Package | Before | Now |
|---|---|---|---|
| `requirements.txt` | `certifi` | - | `2026.1` |
| `requirements.txt` | `idna` | `3.10` | `3.11` |
| `requirements.txt` | `jinja2` | `3.1.6` | - |

<details><summary>lint: 1 new, 1 fixed, 0 waived</summary>

- **MEDIUM** [`F401`](<https://docs.astral.sh/ruff/rules/unused-import>) \
[`shop/new.py:1`](<https://forge.test/ada/shop/blob/branch/shop/new.py#L1>): `` `csv` imported but unused ``
- to do for `F401`: `` `dagger generate format-fix` mends it ``
- fixed: `F401` `shop/mended.py:1`

</details>
"""
SUITE = """
[tool.pytest.ini_options]
pythonpath = ["."]

[tool.ci.test]
python = ["3.11"]
postgres = []
requirements = "test.txt"
packages = ["shop"]

[tool.ci.image]
name = "shop"
base = "python:3.11-slim-bookworm"
python = "3.11"
include = ["shop"]
command = ["python3", "-m", "shop"]
smoke = ["python3", "-c", "import shop"]
platforms = ["linux/amd64"]

[tool.ci.image.variants.plain]
requirements = "image.txt"
"""
CODE = ("def price(rooms):\n", "    if rooms > 3:\n", "        return 2\n", "    return 1\n")
TEST = "from shop.old import price\n\n\ndef test_price():\n    assert {calls}\n"


def call(root: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(root / "dagger"), "call", f"--mod={root}", *words, "--source=.", "--git=."]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "FORGE_TOKEN": TOKEN, "WRONG_TOKEN": f"{TOKEN}-of-old"},
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )


@pytest.fixture
def host() -> Iterator[CodeHost]:
    with CodeHost({TOKEN: Account("ada")}).running() as running:
        yield running


@pytest.fixture
def shop(root: Path, tmp_path: Path) -> Path:
    """Give a repository whose change brings a finding, mends another one, leaves a third, and moves packages."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    shutil.copy(root / "app" / "requirements" / "lint.txt", tmp_path / "lint.txt")
    (tmp_path / "requirements.txt").write_text(LOCK, encoding="utf-8")
    (tmp_path / "shop").mkdir()
    write(tmp_path, "old.py", UNUSED.format(name="os"))
    write(tmp_path, "mended.py", UNUSED.format(name="json"))
    commit(tmp_path)
    git(tmp_path, "checkout", "--quiet", "-b", "work")
    write(tmp_path, "mended.py", "x = 1\n")
    dropped = SETTINGS.replace('["F"]', '["F4"]')
    (tmp_path / "pyproject.toml").write_text(dropped, encoding="utf-8")
    write(tmp_path, "new.py", UNUSED.format(name="csv"))
    moved = "idna==3.11 --hash=sha256:02\ncertifi==2026.1 --hash=sha256:03\n"
    (tmp_path / "requirements.txt").write_text(moved, encoding="utf-8")
    commit(tmp_path)
    return tmp_path


def review(root: Path, shop: Path, host: CodeHost, *more: str) -> subprocess.CompletedProcess[str]:
    service = f"--forge-service=tcp://127.0.0.1:{host.port}"
    where = (service, f"--repository={REPOSITORY}", "--number=7", "--run=https://ci.test/1")
    link = "--link=https://forge.test/ada/shop/blob/branch"
    token = () if any(word.startswith("--token") for word in more) else ("--token=env:FORGE_TOKEN",)
    return call(root, shop, "pr", GATES, *where, link, *token, *more)


def test_a_change_is_posted_once_and_then_kept_up_to_date(
    root: Path, shop: Path, host: CodeHost
) -> None:
    base = git(shop, "rev-parse", "main")[:12]
    first = review(root, shop, host)
    red = host.latest(git(shop, "rev-parse", "HEAD"))
    (comment,) = host.comments
    said = comment["body"]
    write(shop, "new.py", "y = 1\n")
    after = commit(shop)
    second = review(root, shop, host)

    assert first.returncode == 1
    assert said == REPORT.format(base=base)
    assert said in first.stderr
    assert "the comment is created: " in first.stderr
    assert {name: status["state"] for name, status in red.items()} == {
        "ci/lint": "failure",
        "ci/format": "success",
        "ci/pr": "failure",
    }
    assert red["ci/lint"]["description"] == "1 new finding to mend, 1 fixed, 1 older"
    assert red["ci/lint"]["target_url"] == "https://ci.test/1"
    assert second.returncode == 0, second.stderr
    assert second.stdout == host.comments[0]["body"]
    assert "2 gates: nothing new to mend" in second.stdout
    assert len(host.comments) == 1
    assert {each["state"] for each in host.latest(after).values()} == {"success"}
    assert TOKEN not in f"{first}{second}"


def test_what_is_not_committed_gives_no_commit_a_status(
    root: Path, shop: Path, host: CodeHost
) -> None:
    head = git(shop, "rev-parse", "HEAD")
    (shop / ".gitignore").write_text("*.log\n", encoding="utf-8")
    ignored = commit(shop)
    (shop / "shop" / "out.log").write_text("ignored", encoding="utf-8")
    first = review(root, shop, host)
    write(shop, "new.py", "y = 1\n")
    second = review(root, shop, host)
    named = review(root, shop, host, f"--commit={head}")

    assert "1 of 2 gates is red: lint" in first.stderr
    assert host.latest(ignored)["ci/pr"]["state"] == "failure"
    assert second.returncode == 1
    assert f"HEAD is not what is reviewed: commit {ignored} of " in second.stderr
    assert "with uncommitted changes of shop/new.py\n" in second.stderr
    assert named.returncode == 0, named.stderr
    assert host.latest(head)["ci/pr"]["state"] == "success"


def test_a_token_that_does_not_do_is_told_with_the_review(
    root: Path, shop: Path, host: CodeHost
) -> None:
    ran = review(root, shop, host, "--token=env:WRONG_TOKEN")

    assert ran.returncode == 1
    assert "not everything was posted: the comment on pull request 7: HTTP 401" in ran.stderr
    assert "**1 of 2 gates is red: lint**" in ran.stderr
    assert not host.comments
    assert TOKEN not in f"{ran}"


def test_without_a_token_the_review_is_given_and_as_a_directory_whatever_it_is(
    root: Path, shop: Path
) -> None:
    base = git(shop, "rev-parse", "main")[:12]
    ran = call(root, shop, "pr", GATES, "--link=https://forge.test/ada/shop/blob/branch")
    reported = call(
        root,
        shop,
        "-o=review",
        "pr-report",
        GATES,
        "--link=https://forge.test/ada/shop/blob/branch",
    )

    assert ran.returncode == 1
    assert REPORT.format(base=base) in ran.stderr
    assert reported.returncode == 0, reported.stderr
    report = (shop / "review" / "report.md").read_text(encoding="utf-8")
    assert report == REPORT.format(base=base)
    assert (shop / "review" / "lint" / "findings.sarif").is_file()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--token=env:FORGE_TOKEN",), "--repository is '', which names none"),
        (
            ("--token=env:FORGE_TOKEN", "--repository=ada/shop", "--forge=http://forge.test"),
            "the token is sent by https alone",
        ),
        (("--since=nowhere",), "'nowhere' is nothing that HEAD could be compared with"),
        (("--gate=style",), "'style' is no gate"),
        (("--link=shop",), "which is no address"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_runs(
    root: Path, shop: Path, words: tuple[str, ...], says: str
) -> None:
    ran = call(root, shop, "pr", *words)

    assert ran.returncode == 1
    assert says in ran.stderr


def test_without_a_baseline_there_is_nothing_to_compare_with(root: Path, shop: Path) -> None:
    text = SETTINGS.replace('[tool.ci.baseline]\nreference = "main"\n', "")
    (shop / "pyproject.toml").write_text(text, encoding="utf-8")

    ran = call(root, shop, "pr")

    assert ran.returncode == 1
    assert "Give --since=REFERENCE, or set it in [tool.ci.baseline]" in ran.stderr


def test_coverage_and_images_of_both_sides_are_compared(root: Path, shop: Path) -> None:
    lock = settings.parse((root / "pyproject.toml").read_text(encoding="utf-8")).test.requirements
    shutil.copy(root / lock, shop / "test.txt")
    (shop / "image.txt").write_text("", encoding="utf-8")
    (shop / "pyproject.toml").write_text(f"{SETTINGS}{SUITE}", encoding="utf-8")
    (shop / "tests").mkdir()
    (shop / "tests" / "test_shop.py").write_text(TEST.format(calls="price(1)"), encoding="utf-8")
    write(shop, "old.py", *CODE)
    commit(shop)
    git(shop, "branch", "before")
    (shop / "tests" / "test_shop.py").write_text(
        TEST.format(calls="price(1) + price(9)"), encoding="utf-8"
    )
    write(shop, "large.txt", os.urandom(500_000).hex())
    commit(shop)

    ran = call(root, shop, "pr", "--gate=test", "--images", "--since=before")

    assert ran.returncode == 0, ran.stderr
    assert "### Coverage\n\n50.0 % before, 66.7 % now (+16.7)" in ran.stdout
    sizes = r"`plain linux/amd64` \| [\d.]+ MB \| [\d.]+ MB \| \+0\.[567] MB \|"
    assert re.search(rf"{sizes} [\d.]+ MB \| [\d.]+ MB \| \+1\.0 MB \|", ran.stdout), ran.stdout


def test_what_cannot_be_compared_is_told_in_its_section(root: Path, shop: Path) -> None:
    ran = call(root, shop, "pr", "--gate=format", "--images")

    assert ran.returncode == 0, ran.stderr
    says = r"### Images\n\nThey could not be compared:\n\n```text\n.*\[tool\.ci\.image\] is missing"
    assert re.search(says, ran.stdout), ran.stdout
