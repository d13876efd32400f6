"""Captures for real: a small repository whose run is red, taken home and run again, all by the API alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ci import settings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TIME_LIMIT_SECONDS = 900
PROJECT = """\
[tool.pytest.ini_options]
pythonpath = ["."]
[tool.ci.test]
python = ["3.11"]
python-image = "python:{version}-slim-bookworm"
postgres = ["15"]
requirements = "lock.txt"
packages = ["shop"]
coverage-threshold = 0
[tool.ci.image]
name = "shop"
base = "python:3.11-slim-bookworm"
python = "3.11"
include = ["shop"]
command = ["python3", "-m", "shop"]
[tool.ci.image.variants.plain]
requirements = "empty.txt"
[tool.ci.image.artifact]
command = ["python3", "-c", "print('training'); raise SystemExit('no data to train with')"]
variant = "plain"
path = "/models"
"""
# No two servers and no two seeds give the same, and a failure that has the numbers of another one is another failure.
RED = """
import os

import psycopg

def identity():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        found = connection.execute("SELECT system_identifier FROM pg_control_system()")
        return found.fetchone()[0]

def test_of_the_database():
    assert identity() == 0

def test_of_the_seed():
    assert hash("shop") == 0
"""
# No earlier run knows it: of a cached one the outcome would be that of its own server (docs/reference/bundles.md).
RED += f"\n# {uuid.uuid4()}\n"
OTHER = RED.replace("== 0", "== 1")
GREEN = RED.replace("== 0", "!= 0")
BUNDLE = "test-python-3.11-postgres-15.tar"


@dataclass(frozen=True)
class Shop:
    """The repository; `root` is where the module is."""

    root: Path
    folder: Path

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.dagger("call", "-m", str(self.root), *arguments)

    def dagger(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.root / "dagger"), *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_SECONDS,
            check=False,
        )

    def capture(self, output: str, *more: str) -> list[str]:
        """Capture beside the repository, and return the names of what is in the folder that comes of it."""
        ran = self.call("-o", f"../{output}", "capture", "--source=.", "--git=.", *more)
        assert ran.returncode == 0, ran.stderr
        return sorted(path.name for path in self.beside(output).iterdir())

    def beside(self, name: str) -> Path:
        """Return what is called so beside the repository."""
        return self.folder.parent / name

    def reproduce(self, bundle: str, *more: str) -> subprocess.CompletedProcess[str]:
        return self.call("reproduce", f"--bundle=../{bundle}", *more)

    def write(self, tests: str, folder: str = "repository") -> None:
        place = self.beside(folder) / "tests"
        place.mkdir(parents=True, exist_ok=True)
        (place / "test_shop.py").write_text(tests, encoding="utf-8")


@pytest.fixture(scope="module")
def shop(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Give the repository, with a red run captured in the folder red."""
    made = Shop(root, tmp_path_factory.mktemp("shop") / "repository")
    made.folder.mkdir()
    lock = settings.parse((root / "pyproject.toml").read_text(encoding="utf-8")).test.requirements
    shutil.copy(root / lock, made.folder / "lock.txt")
    (made.folder / "empty.txt").write_text("# nothing\n", encoding="utf-8")
    (made.folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (made.folder / "shop").mkdir()
    (made.folder / "shop" / "__init__.py").write_text("PRICE = 1\n", encoding="utf-8")
    made.write(RED)
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message=red"]):
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", str(made.folder), *who, *words], check=True)

    assert made.capture("red") == ["table.txt", BUNDLE]
    return made


def test_a_red_run_fails_in_the_same_way_with_its_own_database_and_seed(shop: Shop) -> None:
    table = (shop.beside("red") / "table.txt").read_text(encoding="utf-8")
    assert table.startswith("test: red\n")
    assert "the seed of hashes was PYTHONHASHSEED=" in table

    again = shop.reproduce(f"red/{BUNDLE}")

    assert again.returncode == 0, again.stderr
    assert again.stdout.strip() == "test python-3.11-postgres-15: same failure"


def test_a_mended_source_passes_and_another_assertion_is_another_failure(shop: Shop) -> None:
    for folder, tests in (("mended", GREEN), ("other", OTHER)):
        shutil.copytree(shop.folder / "shop", shop.beside(folder) / "shop")
        shutil.copy(shop.folder / "pyproject.toml", shop.beside(folder))
        shop.write(tests, folder)

    passes = shop.reproduce(f"red/{BUNDLE}", "--source=../mended")
    differs = shop.reproduce(f"red/{BUNDLE}", "--source=../other")

    assert passes.returncode != 0
    assert "postgres-15: passes here" in passes.stderr
    assert differs.returncode != 0
    assert "postgres-15: different failure" in differs.stderr
    assert "tests.test_shop::test_of_the_seed: was" in differs.stderr


def test_the_command_line_reads_and_reproduces_what_the_module_captures(shop: Shop) -> None:
    bundle = f"../red/{BUNDLE}"
    shown = shop.dagger("bundle", "show", bundle)
    verified = shop.dagger("bundle", "verify", bundle)
    again = shop.dagger("reproduce", bundle)

    assert shown.returncode == 0, shown.stderr
    assert "test python-3.11-postgres-15" in shown.stdout
    assert verified.returncode == 0, verified.stderr
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.startswith("same failure: ")


def test_the_module_reproduces_what_the_command_line_captures(shop: Shop) -> None:
    words = ["call", "-m", str(shop.root), "test", "--source=."]
    ran = shop.dagger("--capture", str(shop.beside("caught")), *words)
    assert ran.returncode != 0
    (bundle,) = shop.beside("caught").glob("*.tar")

    again = shop.reproduce(f"caught/{bundle.name}")

    assert again.returncode == 0, again.stderr
    assert again.stdout.strip().endswith(": same failure")


def test_other_tools_open_a_bundle(shop: Shop) -> None:
    found = {}
    for name in ("step-1", "service-1"):
        image = f"oci-archive:{shop.beside('red') / BUNDLE}:{name}"
        ran = subprocess.run(
            ["skopeo", "inspect", "--config", image], check=True, capture_output=True, text=True
        )
        found[name] = json.loads(ran.stdout)

    step = found["step-1"]["config"]
    assert step["Cmd"][:3] == ["python", "-m", "pytest"]
    assert step["WorkingDir"] == "/src"
    assert any(line.startswith("PYTHONHASHSEED=") for line in step["Env"])
    assert found["service-1"]["config"]["Cmd"][:2] == ["docker-entrypoint.sh", "postgres"]


def test_what_is_no_step_of_a_bundle_is_refused(shop: Shop) -> None:
    ran = shop.reproduce(f"red/{BUNDLE}", "--step=step-2")

    assert ran.returncode != 0
    assert "the file gives no step-2" in ran.stderr


def test_a_failing_step_of_an_image_is_captured(shop: Shop) -> None:
    assert shop.capture("images", "--gate=images") == ["artifact.tar", "table.txt"]

    again = shop.reproduce("images/artifact.tar")

    assert "no data to train with" in (shop.beside("images") / "table.txt").read_text("utf-8")
    assert again.returncode == 0, again.stderr
    assert again.stdout.strip() == "artifact: same failure"
    by_command_line = shop.dagger("reproduce", "../images/artifact.tar")
    assert by_command_line.returncode == 0, by_command_line.stdout


def test_a_green_run_leaves_a_table_and_with_passing_all_its_steps(shop: Shop) -> None:
    shop.write(GREEN)

    assert shop.capture("green") == ["table.txt"]
    shutil.rmtree(shop.beside("green"))
    names = shop.capture("green", "--passing")

    assert BUNDLE in names
    again = shop.reproduce(f"green/{BUNDLE}")
    assert again.returncode == 0, again.stderr
    assert again.stdout.strip() == "test python-3.11-postgres-15: passes, as before"
