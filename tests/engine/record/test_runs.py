"""The record of runs: what is written can be read, is bounded, and has no secret in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from portable_dagger.record import runs
from portable_dagger.record.inputs import Account, Files, Hidden
from portable_dagger.record.progress import Progress
from portable_dagger.record.runs import RunLog, Runs, read
from portable_dagger.record.scrubber import Scrubber

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter22"  # noqa: S105  it is none


def log(folder: Path, run: str = "aaaa1111", started: float = 1000.0) -> RunLog:
    return RunLog(folder, run, "/work", "dagger call test", lambda: [SECRET.encode()], started)


def progress(written: RunLog) -> Progress:
    made = Progress()
    made.record = written.step
    return made


def account(**inputs: Any) -> Account:  # noqa: ANN401  JSON
    return Account.of("key", **inputs)


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    written = log(tmp_path)
    steps = progress(written)
    with steps.span("function", "ci: test"):
        with steps.span("exec", "withExec make") as span:
            span.account = account(
                args=["make"],
                root=Files(("sha256:1", "sha256:2")),
                **{
                    "mount /src": Files(("sha256:3",), "/app", "sha256:c"),
                    "secret TOKEN": Hidden("k"),
                },
            )
            span.account.output["root"] = Files(("sha256:1", "sha256:2", "sha256:4"))
            span.account.waited["a place"] = 1.5
        steps.reused("exec", "withExec test", Account.of("other"))
    written.close()
    run = read(next(tmp_path.iterdir()))
    assert run is not None
    assert (run.id, run.head["command"], run.head["workdir"]) == (
        "aaaa1111",
        "dagger call test",
        "/work",
    )
    assert run.duration is not None
    assert [(s["step"], s["parent"], s["name"], s["cached"]) for s in run.steps] == [
        (1, None, "ci: test", False),
        (2, 1, "withExec make", False),
        (3, 1, "withExec test", True),
    ]
    made = run.steps[1]
    assert made["key"] == "key"
    assert made["waited"] == {"a place": 1.5}
    assert made["inputs"]["root"] == {"layers": ["sha256:1", "sha256:2"], "path": "/"}
    assert made["inputs"]["mount /src"] == {
        "layers": ["sha256:3"],
        "path": "/app",
        "digest": "sha256:c",
    }
    assert made["output"]["root"]["layers"] == ["sha256:1", "sha256:2", "sha256:4"]
    assert run.steps[2]["inputs"] == {}


def test_layers_are_written_once(tmp_path: Path) -> None:
    written = log(tmp_path)
    steps = progress(written)
    layers: tuple[str, ...] = ()
    for number in range(50):
        layers = (*layers, f"sha256:{number:064}")
        with steps.span("exec", f"step {number}") as span:
            span.account = account(root=Files(layers))
    written.close()
    path = next(tmp_path.iterdir())
    assert path.stat().st_size < 50 * 600
    run = read(path)
    assert run is not None
    assert run.steps[-1]["inputs"]["root"]["layers"] == list(layers)


def test_no_secret_is_written(tmp_path: Path) -> None:
    written = log(tmp_path)
    written.command = f"dagger call --token {SECRET}"
    steps = progress(written)

    def fail() -> None:
        with steps.span("exec", f"withExec echo {SECRET}") as span:
            span.account = account(
                args=[f"--token={SECRET}"], **{"env A": {"b": [SECRET]}, f"env {SECRET}": "x"}
            )
            int(f"bad {SECRET}")

    with pytest.raises(ValueError, match="bad"):
        fail()
    written.close()
    text = next(tmp_path.iterdir()).read_text()
    assert SECRET not in text
    assert "--token=***" in text
    assert "bad ***'" in text


def test_a_secret_that_comes_to_be_known_later_is_not_in_the_record(tmp_path: Path) -> None:
    known: set[bytes] = set()
    written = RunLog(tmp_path, "aaaa1111", "/work", f"dagger {SECRET}", lambda: known, 1000.0)
    with progress(written).span("exec", f"withExec echo {SECRET}") as span:
        span.account = account(args=["echo", SECRET], **{f"env {SECRET}": "x"})
    path = next(tmp_path.iterdir())
    assert "dagger" not in path.read_text()
    known.add(SECRET.encode())
    written.close()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert SECRET not in path.read_text()
    run = read(path)
    assert run is not None
    assert run.head["command"] == "dagger ***"


def test_long_texts_are_shortened(tmp_path: Path) -> None:
    written = log(tmp_path)
    with progress(written).span("exec", "withExec cat") as span:
        span.account = account(stdin="x" * 100_000, odd="\u2028\udc80")
    written.close()
    run = read(next(tmp_path.iterdir()))
    assert run is not None
    assert run.steps[0]["inputs"]["stdin"]["length"] == 100_000
    assert run.steps[0]["inputs"]["odd"] == "\u2028\udc80"


def test_a_run_that_was_killed_can_be_read(tmp_path: Path) -> None:
    written = log(tmp_path)
    for name in ("one", "two"):
        with progress(written).span("exec", name):
            pass
    written.close()
    path = next(tmp_path.iterdir())
    whole = path.read_text()
    path.write_text(whole[: whole.index('{"record": "end"') - 10])
    run = read(path)
    assert run is not None
    assert [step["name"] for step in run.steps] == ["one"]
    assert run.duration is None
    path.write_text(whole.splitlines()[0][:-3])
    assert read(path) is None
    path.write_text(json.dumps({"record": "run", "format": 99}) + "\n")
    assert read(path) is None


def test_a_session_without_steps_leaves_no_record(tmp_path: Path) -> None:
    log(tmp_path / "runs").close()
    assert list(Runs(tmp_path / "runs", 5).recent()) == []


def test_only_the_last_runs_are_kept(tmp_path: Path) -> None:
    for number in range(5):
        written = log(tmp_path, f"run{number}", started=1000.0 + number)
        with progress(written).span("exec", "make"):
            pass
        written.close()
    runs = Runs(tmp_path, 3)
    runs.trim()
    assert [run.id for run in runs.recent()] == ["run4", "run3", "run2"]


def test_a_secrets_forms_are_found_once_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Scrubber] = []
    monkeypatch.setattr(runs, "Scrubber", lambda texts: made.append(Scrubber(texts)) or made[-1])
    written = log(tmp_path)
    steps = progress(written)
    for number in range(20):
        with steps.span("exec", f"withExec {number} {SECRET}"):
            pass
    secrets = [SECRET.encode(), b"learnt-later"]
    written.secrets = lambda: secrets
    written.close()

    assert len(made) == 2
    assert SECRET not in next(tmp_path.iterdir()).read_text()
