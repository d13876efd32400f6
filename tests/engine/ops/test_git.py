"""Git over HTTP: servers with git's own protocol, and those that only give files."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import GitError
from portable_dagger.ops.git import clone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Silent(SimpleHTTPRequestHandler):
    """Gives files, and says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """Serve a repository as files."""
    repository = tmp_path / "repository"
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "init", "-q", repository], check=True)
    commit = ["git", *author, "commit", "-q", "--allow-empty", "-m", "x"]
    subprocess.run(commit, cwd=repository, check=True)
    subprocess.run(["git", "update-server-info"], cwd=repository, check=True)
    handler = partial(Silent, directory=str(repository))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/.git"
        server.shutdown()
        thread.join()


def test_a_server_that_only_gives_files_is_refused_as_by_dagger(
    served: str, tmp_path: Path
) -> None:
    with pytest.raises(GitError, match="is on a web server that only gives files") as raised:
        asyncio.run(clone(served, tmp_path / "made", {}))
    assert "git http-backend" in raised.value.hint


def test_other_refusals_keep_gits_words(served: str, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not found"):
        asyncio.run(clone(served + "/nothing", tmp_path / "made", {}))
