"""DefaultPath("/"): what a function makes of it is made of what the folder holds now."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.engine.modules.bench import Bench, Talk

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="workers need root")

MODULE = """
from typing import Annotated
import dagger
from dagger import DefaultPath, function, object_type

@object_type
class Keeper:
    @function
    def kept(self, source: Annotated[dagger.Directory, DefaultPath("/")]) -> dagger.Directory:
        return source.without_directory("module")
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """Give a module in a folder of a repository: what lies beside it is no part of its own source."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "dagger.json").write_text(json.dumps({"name": "keeper", "sdk": {"source": "python"}}))
    (folder / "main.py").write_text(MODULE)
    return folder


def test_an_edit_is_seen_in_the_next_session(bench: Bench, module: Path) -> None:
    for text in ("old", "new"):
        (module.parent / "note.txt").write_text(text)
        talk = Talk(bench, module)
        talk.serve()
        assert talk.ask('{keeper{kept{file(path:"note.txt"){contents}}}}') == text
        talk.close()
