"""The gate for real: a repository whose workflows are right, and copies that are broken each in a way."""

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
MODULE = '''"""A shop's module."""

import dagger
from dagger import check, function, object_type


@object_type
class Shop:
    """A shop."""

    @function
    @check
    def lint(self) -> str:
        """Look at it."""
        return "fine"

    @function
    def greet(self, name: str, loud: bool = False) -> str:
        """Greet."""
        return name
'''
PROJECT = """[project]
name = "shop"
version = "0"
requires-python = ">=3.11"
dependencies = ["dagger-io"]

[project.entry-points."dagger.mod"]
main_object = "shop:Shop"

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
CHECKOUT = "11bd71901bbe5b1630ceea73d27597364c9af683"
CI = """\
name: ci

on:
  push:
    branches: [main]

permissions:
  contents: read

concurrency:
  group: ${{ github.workflow }}-${{ github.ref }}
  cancel-in-progress: true

jobs:
  lint:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          persist-credentials: false
      - run: ./dagger check lint
  greet:
    needs: lint
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - run: ./dagger call greet --name="$GITHUB_ACTOR" --loud
"""
FILE = ".github/workflows/ci.yml"
ACTION = ".github/actions/look/action.yml"
COMPOSITE = """\
name: look
description: Looks.
runs:
  using: composite
  steps:
    - run: ./dagger check
      shell: bash
"""
READ = "permissions:\n  contents: read"
BROKEN = {
    "a typo in a function's name": ("call greet", "call gret", "unknown-function", 28),
    "a typo in a check's name": ("check lint", "check lnt", "unknown-function", 22),
    "an argument that there is not": ("--loud", "--lout", "unknown-argument", 28),
    "an argument too few": (' --name="$GITHUB_ACTOR"', "", "missing-argument", 28),
    "a gate that no job calls": ("check lint", "call greet --name=x", "uncalled-gate", 0),
    "two lines": ("run: ./dagger", "run: |\n          true\n          ./dagger", "long-run", 22),
    "a job that calls nothing": ("./dagger call greet", "make", "no-call", 23),
    "a job without an end": ("    timeout-minutes: 5\n    steps", "    steps", "no-timeout", 15),
    "an action by its tag": (f"@{CHECKOUT} # v4.2.2", "@v4", "unpinned-uses", 19),
    "permissions that are not said": (f"{READ}\n", "", "excessive-permissions", 13),
    "permissions for everything": (READ, "permissions: write-all", "excessive-permissions", 7),
    "credentials that stay": ("persist-credentials: false", "clean: true", "artipacked", 19),
    "the rights of the base": ("  push:\n", "  pull_request_target:\n", "dangerous-triggers", 4),
    "text of others in the shell": (
        *("$GITHUB_ACTOR", "${{ github.head_ref }}"),
        *("template-injection", 28),
    ),
    "an event that there is not": ("push:", "pusch:", "events", 4),
    "an expression that is none": ("github.ref }}", "github.ref", "expression", 11),
    "a context that there is not": ("github.workflow }}", "github.wrkflow }}", "expression", 11),
    "a job that needs another": ("needs: lint", "needs: lnt", "job-needs", 23),
    "a word that the shell splits": ('"$GITHUB_ACTOR"', "$GITHUB_ACTOR", "shellcheck", 28),
    "a key that there is not": ("timeout-minutes: 5", "time-out: 5", "syntax-check", 17),
    "no YAML": ("jobs:\n", "jobs: [\n", "no-yaml", 16),
}
"""What is written instead of what, and the rule and the line that it is refused for; 0: it is in no file."""


def gate(root: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(root / "dagger"), "--silent", "call", f"--mod={root}", *words, "--source=."]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS, check=False
    )


def findings(root: Path, folder: Path) -> list[tuple[str, str, int]]:
    report = folder / "report"
    shutil.rmtree(report, ignore_errors=True)
    ran = gate(root, folder, f"-o={report}", "report", "--gate=workflows")
    assert ran.returncode == 0, ran.stderr
    document = json.loads((report / "workflows" / "findings.json").read_text(encoding="utf-8"))
    return [(each["id"], each["path"], each["line"]) for each in document["findings"]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a repository in which nothing is to mend."""
    folder = tmp_path_factory.mktemp("shop")
    for path, text in {
        "pyproject.toml": "[tool.ci.workflows]\n",
        "dagger.json": json.dumps(
            {
                "name": "shop",
                "engineVersion": "v0.21.11",
                "sdk": {"source": "python"},
                "source": "ci",
            }
        ),
        "ci/pyproject.toml": PROJECT,
        "ci/src/shop/__init__.py": MODULE,
        FILE: CI,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def copy(shop: Path, tmp_path: Path) -> Path:
    shutil.copytree(shop, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_a_workflow_that_is_right_passes_and_it_is_told_by_what(root: Path, shop: Path) -> None:
    ran = gate(root, shop, "workflows")

    assert ran.returncode == 0, ran.stderr
    assert "nothing to mend" in ran.stdout
    assert re.search(r"by: zizmor [\d.]+, .*actionlint", ran.stdout)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_copy_is_refused_for_the_right_reason(root: Path, copy: Path, name: str) -> None:
    old, new, rule, line = BROKEN[name]
    assert old in CI
    (copy / FILE).write_text(CI.replace(old, new, 1), encoding="utf-8")

    found = findings(root, copy)

    place = (FILE, line) if line else (".github/workflows", 0)
    assert (rule, *place) in found, found


def test_a_broken_action_is_refused_as_a_workflow_is(root: Path, copy: Path) -> None:
    (copy / ACTION).parent.mkdir(parents=True)
    (copy / ACTION).write_text(COMPOSITE, encoding="utf-8")
    clean = findings(root, copy)
    broken = "run: |\n        true\n        ./dagger call gret"
    (copy / ACTION).write_text(COMPOSITE.replace("run: ./dagger check", broken), encoding="utf-8")

    assert clean == []
    assert {("long-run", ACTION, 6), ("unknown-function", ACTION, 6)} <= {*findings(root, copy)}


def test_a_red_gate_says_where_and_what_to_do(root: Path, copy: Path) -> None:
    (copy / FILE).write_text(CI.replace("call greet", "call gret"), encoding="utf-8")

    ran = gate(root, copy, "workflows")

    assert ran.returncode == 1
    assert re.search(rf"unknown-function +{FILE}:28 +the module has no function gret", ran.stderr)
    assert "there is greet" in ran.stderr


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        (FILE, None, r"holds no workflow"),
        ("dagger.json", None, r"needs dagger\.json at the source's root"),
        ("ci/src/shop/__init__.py", "import no_such\n", r"cannot be loaded: .*'no_such'"),
        ("dagger.json", "{", r"dagger\.json cannot be read"),
        (".github/zizmor.yml", "rules: 3\n", r"zizmor broke off with exit code 1"),
        (
            ".github/actionlint.yaml",
            "self-hosted-runner: 3\n",
            r"actionlint broke off with exit code",
        ),
    ],
)
def test_what_cannot_be_told_is_an_error_of_its_own(
    root: Path, copy: Path, path: str, text: str | None, says: str
) -> None:
    if text is None:
        (copy / path).unlink()
    else:
        (copy / path).write_text(text, encoding="utf-8")

    ran = gate(root, copy, "workflows")

    assert ran.returncode == 1
    assert re.search(says, ran.stderr), ran.stderr


def test_a_toolchain_is_called_by_its_name(root: Path, copy: Path) -> None:
    (copy / "tools").mkdir()
    for name in ("ci", "dagger.json"):
        shutil.move(copy / name, copy / "tools" / name)
    module = {"name": "site", "engineVersion": "v0.21.11"}
    module |= {"toolchains": [{"name": "shop", "source": "tools"}]}
    (copy / "dagger.json").write_text(json.dumps(module), encoding="utf-8")

    beside = findings(root, copy)
    text = CI.replace("check lint", "check shop:lint").replace("call greet", "call shop greet")
    (copy / FILE).write_text(text, encoding="utf-8")

    assert {rule for rule, *_ in beside} == {"unknown-function", "uncalled-gate"}
    assert findings(root, copy) == []


def test_a_gate_without_settings_is_off(root: Path, copy: Path) -> None:
    (copy / "pyproject.toml").write_text("[tool.ci]\n", encoding="utf-8")

    ran = gate(root, copy, "workflows")

    assert ran.returncode == 0, ran.stderr
    assert "off" in ran.stdout
    assert "[tool.ci.workflows]" in ran.stdout


def test_each_workflow_of_this_repository_passes(root: Path) -> None:
    ran = gate(root, root, "workflows")

    assert ran.returncode == 0, ran.stderr
