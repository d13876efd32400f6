"""The gates of the source for real: a small repository that is clean, and one bad case for each gate."""

from __future__ import annotations

import json
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
[tool.ruff.lint]
select = ["F", "S"]

[tool.mypy]
strict = true

[tool.ci.format]
requirements = "lint.txt"

[tool.ci.lint]
requirements = "lint.txt"

[tool.ci.types.shop]
requirements = "lint.txt"
paths = ["shop"]

[tool.ci.code-security]
paths = ["shop"]
"""
CLEAN = '''"""A shop."""


def price(count: int) -> int:
    """Return the price."""
    return 2 * count
'''
GATES = ("format", "lint", "types", "code-security")


def call(root: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(root / "dagger"), "--silent", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS, check=False
    )


def gate(root: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return call(root, folder, "call", f"--mod={root}", *words, "--source=.")


@pytest.fixture
def shop(root: Path, tmp_path: Path) -> Path:
    """Give a repository in which nothing is to mend."""
    (tmp_path / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    shutil.copy(root / "app" / "requirements" / "lint.txt", tmp_path / "lint.txt")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text(CLEAN, encoding="utf-8")
    return tmp_path


def add(folder: Path, text: str) -> None:
    (folder / "shop" / "bad.py").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", GATES)
def test_a_clean_source_passes_and_it_is_told_by_what(root: Path, shop: Path, name: str) -> None:
    ran = gate(root, shop, name)

    assert ran.returncode == 0, ran.stderr
    assert re.search(r"nothing to mend\n\ngiven: 1 file\nby: \w+ [\d.]+ of", ran.stdout)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("format", "x = [ 1 ]\n", r"format +shop/bad\.py:1 +Black would change it here"),
        ("lint", "import os\n", r"F401 +shop/bad\.py:1 +`os` imported but unused"),
        ("types", "x: int = 'a'\n", r"assignment +shop/bad\.py:1 +Incompatible types"),
        (
            "code-security",
            "import subprocess\n\nsubprocess.call('ls', shell=True)  # noqa: S602\neval('1')\n",
            r"B307 +shop/bad\.py:4 +Use of possibly insecure function",
        ),
    ],
)
def test_a_bad_case_is_red_and_says_where_and_what_to_do(
    root: Path, shop: Path, name: str, text: str, says: str
) -> None:
    add(shop, text)

    ran = gate(root, shop, name)

    assert ran.returncode == 1
    assert re.search(says, ran.stderr), ran.stderr
    assert "what to do:" in ran.stderr


@pytest.mark.parametrize("name", GATES)
def test_a_file_that_is_no_python_is_red_at_every_gate(root: Path, shop: Path, name: str) -> None:
    add(shop, "def broken(:\n")

    ran = gate(root, shop, name)

    assert ran.returncode == 1
    assert "shop/bad.py" in ran.stderr


@pytest.mark.parametrize("name", GATES)
def test_a_gate_without_settings_is_off(root: Path, shop: Path, name: str) -> None:
    (shop / "pyproject.toml").write_text("[tool.ci]\n", encoding="utf-8")

    ran = gate(root, shop, name)

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == f"off: pyproject.toml has no [tool.ci.{name}]\n"


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("paths = ['shop', 'nowhere']", r"tool\.ci\.types\.shop\.paths .* names 'nowhere'"),
        ("requirements = 'none.txt'", r"tool\.ci\.types\.shop\.requirements .* is not in the"),
        ("requirements = 'empty.txt'", r"'empty\.txt', which locks no mypy"),
    ],
)
def test_what_would_look_at_nothing_is_an_error(
    root: Path, shop: Path, setting: str, says: str
) -> None:
    requirements = "" if "requirements" in setting else "requirements = 'lint.txt'\n"
    text = f"[tool.ci.types.shop]\n{requirements}{setting}\n"
    (shop / "pyproject.toml").write_text(text, encoding="utf-8")
    (shop / "empty.txt").write_text("ruff==0.17.6\n", encoding="utf-8")

    ran = gate(root, shop, "types")

    assert ran.returncode == 1
    assert re.search(says, ran.stderr), ran.stderr


def test_a_tool_that_breaks_off_is_an_error_of_its_own(root: Path, shop: Path) -> None:
    settings = SETTINGS.replace('select = ["F", "S"]', 'select = ["NONE"]')
    (shop / "pyproject.toml").write_text(settings, encoding="utf-8")

    ran = gate(root, shop, "lint")

    assert ran.returncode == 1
    assert "ruff broke off with exit code 2" in ran.stderr
    assert "mend its settings" in ran.stderr


def test_a_waiver_holds_for_its_tool(root: Path, shop: Path) -> None:
    waiver = "[[tool.ci.waivers]]\nid = 'F401'\nowner = 'ada'\nreason = 'shown'\n"
    text = f"{SETTINGS}\n{waiver}tool = 'ruff'\nexpires = 9999-12-31\n"
    (shop / "pyproject.toml").write_text(text, encoding="utf-8")
    add(shop, "import os\n")

    waived = gate(root, shop, "lint")
    other = gate(root, shop, "format")
    (shop / "pyproject.toml").write_text(text.replace("9999", "2026").replace("12-31", "01-31"))
    expired = gate(root, shop, "lint")

    assert waived.returncode == 0, waived.stderr
    assert "waived: F401 shop/bad.py:1: shown (ada, until 9999-12-31)" in waived.stdout
    assert "F401" not in other.stdout
    assert expired.returncode == 1
    assert "the waiver of F401 ruff by ada expired on 2026-01-31" in expired.stderr


def test_one_report_has_all_gates_also_those_that_are_red_off_or_could_not_be_checked(
    root: Path, shop: Path
) -> None:
    settings = SETTINGS.replace(
        'requirements = "lint.txt"\npaths', 'requirements = "no.txt"\npaths'
    )
    (shop / "pyproject.toml").write_text(settings, encoding="utf-8")
    add(shop, "import os\n")
    (shop / "feed").mkdir()

    prefix = "https://host/owner/repository/blob/abc"
    options = ("--feed=feed", "--git=.", f"--link={prefix}/")
    ran = gate(root, shop, "-o=report", "report", "--gate=format,lint,types,scan", *options)

    assert ran.returncode == 0, ran.stderr
    report = shop / "report"
    files = {path.relative_to(report).as_posix() for path in report.rglob("*") if path.is_file()}
    names = ("findings.json", "findings.sarif", "junit.xml", "table.txt")
    folders = ("", "format/", "lint/", "types/", "scan/")
    assert files == {
        *(f"{folder}{name}" for folder in folders for name in names),
        "index.html",
        "report.md",
    }
    told = json.loads((report / "findings.json").read_text(encoding="utf-8"))
    assert {each["gate"]: each["state"] for each in told["gates"]} == {
        "format": "green",
        "lint": "red",
        "types": "error",
        "scan": "error",
    }
    assert [(each["gate"], each["id"]) for each in told["findings"]] == [("lint", "F401")]
    sarif = json.loads((report / "findings.sarif").read_text(encoding="utf-8"))
    drivers = [run["tool"]["driver"]["name"] for run in sarif["runs"]]
    assert drivers == ["Black", "Ruff", "types", "scan"]
    markdown = (report / "report.md").read_text(encoding="utf-8")
    assert f"[`shop/bad.py:1`](<{prefix}/shop/bad.py#L1>)" in markdown
    page = (report / "index.html").read_text(encoding="utf-8")
    assert "<h1>3 of 4 gates are red: lint, types, scan</h1>" in page
    assert "names &#x27;no.txt&#x27;, which is not in the source" in page


def test_a_prefix_that_is_no_address_and_a_gate_that_is_none_are_refused(
    root: Path, shop: Path
) -> None:
    linked = gate(root, shop, "report", "--gate=format", "--git=.", "--link=host/owner")
    named = gate(root, shop, "report", "--gate=format,lnt", "--git=.")

    assert (linked.returncode, named.returncode) == (1, 1)
    assert "--link is 'host/owner', which is no address" in linked.stderr
    assert "'lnt' is no gate" in named.stderr


def test_captures_hold_what_was_found(root: Path, shop: Path) -> None:
    add(shop, "import os\n")

    captured = call(
        root,
        shop,
        *("call", f"--mod={root}", "-o=failures", "capture", "--source=.", "--git=."),
        "--gate=format,lint",
    )

    assert captured.returncode == 0, captured.stderr
    table = (shop / "failures" / "table.txt").read_text(encoding="utf-8")
    assert "format: green" in table
    assert "lint: red" in table
    assert [path.name for path in shop.glob("failures/*.tar")] == ["ruff.tar"]


def test_as_a_toolchain_it_checks_the_repository_that_has_it(root: Path, shop: Path) -> None:
    shutil.copytree(
        root / "ci", shop / "tools" / "ci", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(root / "dagger.json", shop / "tools")
    settings = SETTINGS.replace('"lint.txt"', '"lint.txt"\npaths = ["shop"]', 2)
    (shop / "pyproject.toml").write_text(settings, encoding="utf-8")
    module = {"name": "shop", "engineVersion": "v0.21.11"}
    module |= {"toolchains": [{"name": "ci", "source": "tools"}]}
    (shop / "dagger.json").write_text(json.dumps(module), encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=shop, check=True)
    checks = [f"ci:{name}" for name in GATES]

    clean = call(root, shop, "check", *checks)
    add(shop, "x = [ 1 ]\n")
    bad = call(root, shop, "check", *checks)

    assert clean.returncode == 0, clean.stderr
    assert bad.returncode == 1
    assert "1 check failed" in bad.stderr
    assert "shop/bad.py:1" in bad.stderr


def test_style_is_mended_and_no_other_file_is_changed(root: Path, shop: Path) -> None:
    add(shop, "import os\n\nx = [ 1 ]\n")
    before = (shop / "lint.txt").stat().st_mtime_ns

    ran = gate(root, shop, "--auto-apply", "format-fix")

    assert ran.returncode == 0, ran.stderr
    assert (shop / "shop" / "bad.py").read_text(encoding="utf-8") == "x = [1]\n"
    assert (shop / "lint.txt").stat().st_mtime_ns == before
    assert gate(root, shop, "format").returncode == 0
