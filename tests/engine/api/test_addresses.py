"""Addresses and the host's image store, with a real repository and a real store."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

DAGGER = Path(__file__).parents[3] / "dagger"

pytestmark = pytest.mark.slow


def ask(text: str) -> dict[str, Any]:
    done = subprocess.run(
        [DAGGER, "query", "--no-mod", "--silent"],
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def repository(tmp_path: Path) -> str:
    work, bare = tmp_path / "work", tmp_path / "bare.git"
    (work / "docs").mkdir(parents=True)
    (work / "docs/page.md").write_text("first\n")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.invalid", "-C", str(work)]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["commit", "-qm", "one"],
        ["tag", "v1"],
    ):
        subprocess.run([*git, *words], check=True)
    (work / "docs/page.md").write_text("second\n")
    subprocess.run([*git, "commit", "-qam", "two"], check=True)
    subprocess.run(["git", "clone", "-q", "--bare", work, bare], check=True)
    return f"file://{bare}"


def test_addresses_of_git(repository: str) -> None:
    def address(value: str) -> str:
        return f"address(value: {json.dumps(value)})"

    found = ask(
        f"{{ a: {address(repository + '#v1')} {{ directory {{ file(path: \"docs/page.md\") {{ contents }} }} }}"
        f"   b: {address(repository + '#main:docs/page.md')} {{ file {{ contents }} }}"
        f"   c: {address(repository + '#:docs')} {{ directory(exclude: [\"*.txt\"]) {{ entries }} }}"
        f"   d: {address(repository + '#v1')} {{ gitRef {{ ref }} }}"
        f"   e: {address(repository)} {{ gitRepository {{ tags }} }} }}"
    )
    assert found["a"]["directory"]["file"]["contents"] == "first\n"
    assert found["b"]["file"]["contents"] == "second\n"
    assert found["c"]["directory"]["entries"] == ["page.md"]
    assert found["d"]["gitRef"]["ref"] == "refs/tags/v1"
    assert found["e"]["gitRepository"]["tags"] == ["v1"]


@pytest.mark.skipif(shutil.which("podman") is None, reason="podman is not installed")
def test_the_image_store_of_the_host() -> None:
    name = "localhost/portable-dagger-test:export"
    image = 'container { withNewFile(path: "/mark", contents: "stored") { %s } }'
    ask("{ " + image % f'exportImage(name: "{name}")' + " }")
    try:
        found = ask(
            f'{{ host {{ containerImage(name: "{name}") {{ file(path: "/mark") {{ contents }} }} }} }}'
        )
        assert found["host"]["containerImage"]["file"]["contents"] == "stored"
    finally:
        subprocess.run(["podman", "rmi", "--force", name], check=True, capture_output=True)
