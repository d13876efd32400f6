"""The functions for real: called through ./dagger, in containers of the embedded engine."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from ci import settings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SHOP = """
def price(rooms):
    if rooms > 3:
        return 2
    return 1
"""
TESTS = """
import os
from shop import price

def test_small():
    assert price(1) == 1

def test_large():
    assert price(5) == {expected}

def test_no_server_is_offered():
    assert "DATABASE_URL" not in os.environ
    assert os.environ["MODE"] == "trial"
    assert os.environ["PYTHONHASHSEED"] == "7"
"""
TIME_LIMIT_SECONDS = 900


def call(root: Path, *arguments: str, workdir: Path) -> subprocess.CompletedProcess[str]:
    command = [str(root / "dagger"), "call", "-m", str(root), *arguments]
    return subprocess.run(
        command,
        cwd=workdir,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )


@pytest.fixture
def shop(root: Path, tmp_path: Path) -> Path:
    """Give another repository: it shares this one's lock, so that what is installed is there already."""
    lock = settings.parse((root / "pyproject.toml").read_text(encoding="utf-8")).test.requirements
    (tmp_path / "lock.txt").write_text((root / lock).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\npythonpath = ["."]\n'
        '[tool.ci.test]\npython = ["3.11", "3.12"]\npostgres = []\nrequirements = "lock.txt"\n'
        'packages = ["shop"]\nenvironment = { MODE = "trial", PYTHONHASHSEED = "7" }\ncoverage-threshold = 100\n',
        encoding="utf-8",
    )
    return tmp_path


def write_tests(shop: Path, expected: int) -> None:
    text = TESTS.format(expected=expected)
    (shop / "tests" / "test_price.py").write_text(text, encoding="utf-8")


def test_a_cell_of_this_repository_passes(root: Path) -> None:
    ran = call(root, "test", "--python", "3.11", "--select", "migrat", workdir=root)

    assert ran.returncode == 0, ran.stderr
    header, row = ran.stdout.splitlines()[:2]
    assert header.split()[:3] == ["Python", "Postgres", "passed"]
    python, postgres, passed, failed, skipped, *_ = row.split()
    assert (python, postgres, failed, skipped) == ("3.11", "15", "0", "0")
    assert int(passed) > 0


def test_another_repository_passes(root: Path, shop: Path) -> None:
    write_tests(shop, expected=2)

    ran = call(root, "test", "--source", ".", workdir=shop)

    assert ran.returncode == 0, ran.stderr
    rows = [re.sub(r"[\d.]+ s$", "", line).split() for line in ran.stdout.splitlines()[1:3]]
    assert rows == [[version, "-", "3", "0", "0", "100.0", "%"] for version in ("3.11", "3.12")]
    assert "coverage of all: 100.0 % (at least 100 %)" in ran.stdout


def test_a_failing_test_is_named_with_its_cell_and_assertion(root: Path, shop: Path) -> None:
    write_tests(shop, expected=3)

    ran = call(root, "test", "--source", ".", workdir=shop)

    assert ran.returncode != 0
    assert "2 of 2 cells failed" in ran.stderr
    assert "the seed of hashes was PYTHONHASHSEED=7" in ran.stderr
    for version in ("3.11", "3.12"):
        assert f"Python {version}: tests.test_price::test_large\n" in ran.stderr
    assert "tests/test_price.py:9" in ran.stderr
    assert "assert 2 == 3" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_too_little_coverage_and_no_test_at_all_are_red(root: Path, shop: Path) -> None:
    write_tests(shop, expected=2)
    only_small = '[tool.pytest.ini_options]\naddopts = "-k test_small"\npythonpath = ["."]\n'
    project = shop / "pyproject.toml"
    text = project.read_text(encoding="utf-8").split("\n", 2)[2]
    project.write_text(only_small + text, encoding="utf-8")

    little = call(root, "test", "--source", ".", "--python", "3.11", workdir=shop)
    none = call(root, "test", "--source", ".", "--python", "3.11", "--select", "x", workdir=shop)

    assert little.returncode != 0
    assert "coverage is 75.0 %, but has to be 100 %" in little.stderr
    assert none.returncode != 0
    assert "no test matches 'x' in tests" in none.stderr


def test_a_red_run_has_a_report(root: Path, shop: Path) -> None:
    write_tests(shop, expected=3)

    ran = call(root, "-o", "report", "test-report", "--source", ".", workdir=shop)

    assert ran.returncode == 0, ran.stderr
    report = shop / "report"
    assert "tests.test_price::test_large" in (report / "table.txt").read_text(encoding="utf-8")
    for cell in ("python-3.11", "python-3.12", "merged"):
        assert (report / cell / "junit.xml").is_file()
        assert (report / cell / "coverage.xml").is_file()
        assert "shop.py" in (report / cell / "html" / "index.html").read_text(encoding="utf-8")
    merged = ET.parse(report / "merged" / "junit.xml").getroot()  # noqa: S314
    assert [suite.get("name") for suite in merged] == ["python-3.11", "python-3.12"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--python", "3.8"], "'3.8' is not among the versions of tool.ci.test.python: 3.11, 3.12"),
        (["--postgres", "15"], "'15' is not among the versions of tool.ci.test.postgres: (none)"),
    ],
)
def test_a_version_that_the_settings_lack_is_refused(
    root: Path, shop: Path, arguments: list[str], message: str
) -> None:
    write_tests(shop, expected=2)

    ran = call(root, "test", "--source", ".", *arguments, workdir=shop)

    assert ran.returncode != 0
    assert message in ran.stderr


def test_settings_that_are_not_there_are_named(root: Path, shop: Path) -> None:
    (shop / "lock.txt").unlink()
    without_lock = call(root, "test", "--source", ".", workdir=shop)
    (shop / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    without_table = call(root, "test", "--source", ".", workdir=shop)
    (shop / "pyproject.toml").unlink()
    without_file = call(root, "test", "--source", ".", workdir=shop)

    assert "tool.ci.test.requirements in pyproject.toml names 'lock.txt'" in without_lock.stderr
    assert "the table [tool.ci] is missing in pyproject.toml" in without_table.stderr
    assert "the source has no pyproject.toml" in without_file.stderr
    assert 0 not in {ran.returncode for ran in (without_lock, without_table, without_file)}
