"""The gate for real: a small repository whose tests cover all of it at the baseline, and then do not."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TIME_LIMIT_SECONDS = 900
SETTINGS = """
[tool.pytest.ini_options]
pythonpath = ["."]

[tool.coverage.run]
branch = true

[tool.ci.test]
python = ["3.11"]
postgres = []
requirements = "lock.txt"
packages = ["shop"]
include = ["shop.py", "tests"]

[tool.ci.baseline]
reference = "main"

[tool.ci.coverage]
"""
SHOP = """\
def price(rooms):
    if rooms > 3:
        return 2
    return 1
"""
MORE = """

def rent(rooms):
    monthly = price(rooms) / 100
    if monthly > 1:
        monthly = 1
    return monthly
"""
TESTS = """\
from shop import price


def test_price():
    assert price(1) == 1
    assert price(5) == 2
"""


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=more")


def coverage(
    root: Path, folder: Path, *more: str, since: str = ""
) -> subprocess.CompletedProcess[str]:
    command = [str(root / "dagger"), *(more or ("--silent",)), "call", f"--mod={root}", "coverage"]
    return subprocess.run(
        [*command, "--source=.", "--git=.", f"--since={since}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )


def write(folder: Path, *, shop: str = SHOP, tests: str = TESTS, settings: str = SETTINGS) -> None:
    (folder / "shop.py").write_text(shop, encoding="utf-8")
    (folder / "tests" / "test_shop.py").write_text(tests, encoding="utf-8")
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")


@pytest.fixture
def shop(root: Path, tmp_path: Path) -> Path:
    """Give a repository whose first commit, the baseline, has all of its code covered."""
    shutil.copy(root / "app" / "requirements" / "test.txt", tmp_path / "lock.txt")
    (tmp_path / "tests").mkdir()
    write(tmp_path)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    return tmp_path


def test_what_is_as_at_the_baseline_passes_and_runs_once(root: Path, shop: Path) -> None:
    ran = coverage(root, shop, "--progress=plain")

    assert ran.returncode == 0, ran.stderr
    figures = r"coverage of all: 100\.00 %; at [0-9a-f]{12} of main: 100\.00 %"
    assert re.search(rf"given: 1 file\nby: {figures}", ran.stdout), ran.stdout
    assert len(re.findall(r"python -m pytest .* done", ran.stderr)) <= 1


def test_lower_coverage_is_red_and_names_the_lines(root: Path, shop: Path) -> None:
    write(
        shop, shop=f"import os\n{SHOP}{MORE}", tests=TESTS.replace("    assert price(5) == 2\n", "")
    )

    ran = coverage(root, shop)

    assert ran.returncode == 1
    fallen = r"HIGH +fell +source +coverage of all is [\d.]+ %, and was 100\.00 % at [0-9a-f]+"
    assert re.search(fallen, ran.stderr), ran.stderr
    for row in (
        r"uncovered +shop\.py:3 +line 3 goes one way only in tests",
        r"uncovered +shop\.py:4 +line 4 runs in no test",
        r"uncovered +shop\.py:9 +lines 9 to 12 run in no test",
    ):
        assert re.search(row, ran.stderr), (row, ran.stderr)
    assert re.search(r"threshold +source +coverage of all is [\d.]+ %, and has to be", ran.stderr)
    assert "pragma: no cover" in ran.stderr


def test_since_says_what_it_is_held_against_whatever_the_settings_name(
    root: Path, shop: Path
) -> None:
    settings = SETTINGS.replace('[tool.ci.baseline]\nreference = "main"\n', "")
    settings = settings.replace("postgres = []", "postgres = []\ncoverage-threshold = 0")
    write(shop, settings=settings)
    commit(shop)
    write(shop, tests=TESTS.replace("    assert price(5) == 2\n", ""), settings=settings)

    ran = coverage(root, shop, since="main")

    assert ran.returncode == 1, ran.stdout
    assert re.search(r"and was 100\.00 % at [0-9a-f]{12} of main", ran.stderr), ran.stderr


def test_a_tolerance_lets_it_fall(root: Path, shop: Path) -> None:
    settings = SETTINGS + "tolerance = 100\n"
    tests = TESTS.replace("    assert price(5) == 2\n", "")
    write(
        shop,
        tests=tests,
        settings=settings.replace("postgres = []", "postgres = []\ncoverage-threshold = 0"),
    )

    ran = coverage(root, shop)

    assert ran.returncode == 0, ran.stderr
    assert "nothing to mend" in ran.stdout


def test_code_that_was_covered_and_is_gone_is_told(root: Path, shop: Path) -> None:
    write(shop, shop=SHOP + MORE)
    commit(shop)
    write(shop, shop=f"def price(rooms):\n    return 1 + (rooms > 3)\n{MORE}")

    ran = coverage(root, shop)

    assert ran.returncode == 1
    assert "no line is newly uncovered: code that was covered is gone" in ran.stderr


def test_a_red_suite_covers_nothing(root: Path, shop: Path) -> None:
    write(shop, tests=TESTS.replace("== 2", "== 3"))

    red = coverage(root, shop)
    commit(shop)
    write(shop)
    base = coverage(root, shop)

    assert red.returncode == 1
    assert "the suite is red, and what it covers not known: 1 of 1 cell failed" in red.stderr
    assert base.returncode == 0, base.stderr
    assert re.search(r"compared with nothing: at [0-9a-f]{12} of main, the suite is", base.stdout)


def test_without_a_baseline_the_threshold_still_holds(root: Path, shop: Path) -> None:
    settings = SETTINGS.replace('[tool.ci.baseline]\nreference = "main"\n', "")
    write(shop, settings=settings)
    covered = coverage(root, shop)
    write(shop, shop=SHOP + MORE, settings=settings)
    less = coverage(root, shop)

    assert covered.returncode == 0, covered.stderr
    assert "compared with nothing: pyproject.toml has no [tool.ci.baseline]" in covered.stdout
    assert less.returncode == 1
    assert re.search(r"coverage of all is [\d.]+ %, and has to be at least 80 %", less.stderr)


def test_without_settings_it_is_off(root: Path, shop: Path) -> None:
    write(shop, settings="[tool.ci]\n")

    ran = coverage(root, shop)

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "off: pyproject.toml has no [tool.ci.coverage]\n"
