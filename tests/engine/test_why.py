"""`dagger why` with real runs: what changed is named; a secret never is."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

DAGGER = str(Path(__file__).parents[2] / "dagger")
SECRET = "s3cr3t-" + os.urandom(4).hex()

pytestmark = pytest.mark.slow

QUERY = """
{ container { from(address: "debian:bookworm-slim") {
  withEnvVariable(name: "MARK", value: "%(mark)s") { withEnvVariable(name: "MODE", value: "%(mode)s") {
    withMountedDirectory(path: "/src", source: "%(source)s") { withSecretVariable(name: "TOKEN", secret: "%(secret)s") {
      withExec(args: ["sh", "-c", "cat /src/app/x; date +%%N > /stamp; %(command)s"]) {
        withExec(args: ["echo", "second"]) { stdout } } } } } } } } }
"""


class Project:
    """A folder with files, from which the same pipeline is run again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = os.urandom(4).hex()
        (folder / "app").mkdir(parents=True)
        for name in ("x", "y"):
            (folder / "app" / name).write_text("1")

    def dagger(
        self, *words: str, given: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [DAGGER, *words],
            cwd=self.folder,
            env={**os.environ, **environment},
            input=given,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def run(self, *, mode: str = "a", command: str = "", secret: str = SECRET) -> None:
        script = (
            "import json, os, sys, base64, urllib.request\n"
            "def ask(text):\n"
            "    token = base64.b64encode((os.environ['DAGGER_SESSION_TOKEN'] + ':').encode()).decode()\n"
            "    url = 'http://127.0.0.1:' + os.environ['DAGGER_SESSION_PORT'] + '/query'\n"
            "    head = {'Authorization': 'Basic ' + token, 'Content-Type': 'application/json'}\n"
            "    body = json.dumps({'query': text}).encode()\n"
            "    return json.load(urllib.request.urlopen(urllib.request.Request(url, body, head)))\n"
            "source = ask('{ host { directory(path: \".\") { id } } }')['data']['host']['directory']['id']\n"
            "secret = ask('{ secret(uri: \"env://TOKEN\") { id } }')['data']['secret']['id']\n"
            "print(json.dumps(ask(sys.argv[1].replace('SOURCE', source).replace('SECRET', secret))))\n"
        )
        facts = {"mark": self.mark, "mode": mode, "source": "SOURCE", "secret": "SECRET"}
        text = QUERY % {**facts, "command": command or f"true {self.mark}"}
        done = self.dagger("run", "python3", "-c", script, text, TOKEN=secret)
        assert done.returncode == 0, done.stderr
        assert "data" in json.loads(done.stdout.splitlines()[-1])

    def why(self, *words: str) -> Any:  # noqa: ANN401  JSON
        done = self.dagger("why", "--json", *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def reasons(self, *words: str) -> list[str]:
        found: list[str] = self.why(*words)["why"]["reasons"]
        return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.run()
    return made


def test_a_first_run_and_one_that_was_cached(project: Project) -> None:
    first = project.why("cat /src")["why"]
    assert first["verdict"] == "ran"
    assert first["earlier"] is None
    project.run()
    again = project.why("cat /src")["why"]
    assert again["verdict"] == "cached"
    assert f"ran in run {first['run'][:8]}" in again["reasons"][0]
    project.dagger("engine", "stop")
    project.run()
    assert project.why("cat /src")["why"]["verdict"] == "cached"


def test_a_changed_variable_and_what_follows_from_it(project: Project) -> None:
    project.run(mode="b")
    assert project.reasons("cat /src") == ['env MODE: "a" -> "b"']
    second = project.reasons("echo second")
    assert second[0].startswith("root: withExec sh -c cat /src/app/x; date")
    assert "ran anew (./dagger why" in second[0]
    assert second[1:] == ["root: 1 file changed: stamp", 'env MODE: "a" -> "b"']


def test_changed_files(project: Project) -> None:
    (project.folder / "app" / "x").write_text("2")
    (project.folder / "app" / "y").unlink()
    (project.folder / "new").write_text("")
    project.run()
    told = "1 file changed: app/x; 1 file added: new; 1 file removed: app/y"
    assert project.reasons("cat /src") == [f"mount /src: {told}"]
    assert project.reasons("host.directory") == [f"files: {told}"]


def test_a_changed_command_is_found_again(project: Project) -> None:
    project.run(command="echo done")
    (told,) = project.reasons("cat /src")
    assert told.startswith('args: ["sh", "-c", "cat /src/app/x; date +%N > /stamp; true ')


def test_a_changed_secret_is_not_shown(project: Project) -> None:
    project.run(secret="other-" + SECRET)
    assert project.reasons("cat /src") == ["secret TOKEN is another one, or has another value"]
    project.run(command=f"echo {SECRET}")
    state = json.loads(project.dagger("engine", "status", "--json").stdout)["state"]
    texts = "".join(path.read_text() for path in (Path(state) / "runs").iterdir())
    assert "echo ***" in texts
    assert SECRET not in texts


def test_a_pruned_result_is_named(project: Project) -> None:
    assert project.dagger("prune").returncode == 0
    project.run()
    (told,) = project.reasons("cat /src")
    assert "its inputs are the same" in told
    assert "pruned" in told


def test_runs_and_steps_are_listed(project: Project) -> None:
    run = project.why()["runs"][0]
    assert run["workdir"] == str(project.folder)
    assert run["command"].startswith("dagger run python3 -c")
    shown = project.dagger("why", run["run"][:8]).stdout
    assert shown.startswith(f"run {run['run'][:8]}: dagger run")
    assert "exec" in shown
    assert project.dagger("why").stdout.startswith("RUN ")
    several = project.dagger("why", "e")
    assert several.returncode == 1
    assert "fits several steps" in several.stderr
    missing = project.dagger("why", "no such step")
    assert "has no step 'no such step'" in missing.stderr
    assert project.dagger("why", "ffff0000", "1").returncode == 1
    text = project.dagger("why", run["run"], "cat /src").stdout
    assert "ran, because:" in text
    assert "it took " in text


def test_a_branch_that_moved(project: Project) -> None:
    repository = project.folder / "repository"
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "init", "-q", "-b", "main", repository], check=True)
    commits = []
    for number in range(2):
        (repository / "file").write_text(f"{number} {project.mark}")
        subprocess.run(["git", "-C", repository, "add", "file"], check=True)
        subprocess.run(["git", *author, "-C", repository, "commit", "-q", "-m", "x"], check=True)
        head = subprocess.run(
            ["git", "-C", repository, "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=True,
        )
        commits.append(head.stdout.strip())
        tree = 'branch(name: "main") { tree(discardGitDir: true) { entries } }'
        done = project.dagger("query", given=f'{{ git(url: "{repository}") {{ {tree} }} }}')
        assert done.returncode == 0, done.stderr
    assert project.reasons("git tree") == [f'commit: "{commits[0]}" -> "{commits[1]}"']
