"""DefaultPath(".git"): the repository that a module is in, without the module seeing the host."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from portable_dagger.errors import EngineError
from tests.engine.modules.bench import Bench, Talk

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="workers need root")

MODULE = """
from typing import Annotated
import dagger
from dagger import DefaultPath, function, object_type

@object_type
class Asker:
    @function
    async def head(self, git: Annotated[dagger.GitRepository, DefaultPath(".git")]) -> str:
        return f"{await git.head().ref()} {await git.head().commit()}"

    @function
    async def commit(self, ref: Annotated[dagger.GitRef, DefaultPath("./.git")]) -> str:
        return await ref.commit()
"""


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / "dagger.json").write_text(
        json.dumps({"name": "asker", "sdk": {"source": "python"}})
    )
    (tmp_path / "main.py").write_text(MODULE)
    return tmp_path


def test_the_repository_of_the_module_is_given(bench: Bench, module: Path) -> None:
    git(module, "init", "--quiet")
    git(module, "commit", "--quiet", "--allow-empty", "--message=first")
    commit = git(module, "rev-parse", "HEAD")
    talk = Talk(bench, module)
    talk.serve()

    assert talk.ask("{asker{head}}") == f"refs/heads/main {commit}"
    assert talk.ask("{asker{commit}}") == commit
    talk.close()


def test_a_checkout_of_a_commit_has_no_branch(bench: Bench, module: Path) -> None:
    git(module, "init", "--quiet")
    git(module, "commit", "--quiet", "--allow-empty", "--message=first")
    git(module, "commit", "--quiet", "--allow-empty", "--message=second")
    git(module, "checkout", "--quiet", "--detach", "HEAD~1")
    talk = Talk(bench, module)
    talk.serve()

    assert talk.ask("{asker{head}}") == f"HEAD {git(module, 'rev-parse', 'HEAD')}"
    talk.close()


def test_a_module_outside_of_git_is_told(bench: Bench, module: Path) -> None:
    talk = Talk(bench, module)
    talk.serve()

    with pytest.raises(EngineError, match="is no git work tree"):
        talk.ask("{asker{head}}")
    talk.close()


def test_a_path_is_that_of_the_folder_of_the_call(bench: Bench, module: Path) -> None:
    git(module, "init", "--quiet")
    git(module, "commit", "--quiet", "--allow-empty", "--message=first")
    talk = Talk(bench, module)
    talk.serve()
    given = talk.ask('{address(value:"."){gitRepository{id}}}')

    assert talk.ask(f'{{asker{{head(git:"{given}")}}}}').startswith("refs/heads/main ")
    talk.close()
