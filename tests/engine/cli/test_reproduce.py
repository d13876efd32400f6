"""What `dagger reproduce` asks for and says, and what a command line says of its capture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from portable_dagger.cli import capture, reproduce
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from pathlib import Path

ANSWER: dict[str, Any] = {
    "verdict": "same",
    "text": "same failure",
    "exit": 0,
    "step": "withExec pytest",
    "replayed": {"exit_code": 1, "error": "", "output": "1 failed\n"},
    "differences": [],
    "missing": [],
    "attempts": [{}],
    "seconds": {"load": 0.1, "services": 0.2, "command": 1.5},
    "packets": 0,
    "notes": [],
}


def test_a_verdict_is_told_with_its_output() -> None:
    assert reproduce.text(ANSWER).splitlines() == [
        "same failure: withExec pytest",
        "  exit code 1, as recorded",
        "  | 1 failed",
        "  loaded in 0.1s, services up in 0.2s, ran for 1.5s; 0 packets left for outside",
    ]


def test_differences_and_missing_inputs_are_told_with_what_to_give() -> None:
    missing = [
        {"kind": "secret", "name": "TOKEN", "reason": "the variable API_TOKEN"},
        {"kind": "network", "name": "outside", "reason": "the command sent 3 packets to outside"},
    ]
    more = {"text": "missing input", "verdict": "missing", "missing": missing}
    told = reproduce.text({**ANSWER, **more, "differences": ["exit code 1, then 2"]})
    assert "  - exit code 1, then 2\n" in told
    assert "  give the secret with --secret TOKEN=env://TOKEN\n" in told
    assert "  let it have the network with --network\n" in told


def test_what_cannot_be_tried_is_told() -> None:
    missing = [{"kind": "layer", "name": "it is thin", "reason": "get a full one"}]
    more = {"verdict": "missing", "text": "missing input", "missing": missing, "replayed": None}
    told = reproduce.text({**ANSWER, **more})
    assert told == "missing input: withExec pytest\n  - it is thin\n    get a full one\n"


def test_attempts_are_told_with_their_seeds() -> None:
    attempts = [
        {"seed": "", "verdict": "same", "exit_code": 1},
        {"seed": "1", "verdict": "passes", "exit_code": 0},
    ]
    told = reproduce.text({**ANSWER, "attempts": attempts})
    assert "  as recorded in 1 of 2 attempts:\n" in told
    assert "    as captured: same, exit code 1\n" in told
    assert "    PYTHONHASHSEED=1: passes, exit code 0\n" in told


@pytest.mark.parametrize(
    ("given", "arguments", "message"),
    [
        ({}, [], "one bundle is wanted"),
        ({}, ["nowhere.tar"], "there is no file nowhere.tar"),
        ({"repeat": ["0"]}, [__file__], "--repeat=0"),
        ({"repeat": ["x"]}, [__file__], "--repeat=x"),
        ({"secret": ["TOKEN"]}, [__file__], "--secret=TOKEN"),
        ({"secret": ["TOKEN=plain"]}, [__file__], "--secret=TOKEN names no secret"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    given: dict[str, list[str]], arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandLineError, match=message):
        reproduce.asked(given, arguments)


def test_paths_are_told_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.tar").touch()
    given = {"source": ["src"], "secret": ["A=env://B"], "repeat": ["3"]}
    asked = reproduce.asked(given, ["a.tar"])
    assert asked["path"] == str(tmp_path / "a.tar")
    assert asked["source"] == str(tmp_path / "src")
    assert asked["secrets"] == {"A": "env://B"}
    assert asked["repeat"] == 3


def test_nothing_is_captured_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTABLE_DAGGER_CAPTURE", raising=False)
    assert capture.order({}) is None
    monkeypatch.setenv("PORTABLE_DAGGER_CAPTURE", "/of/ci")
    found = capture.order({"capture-step": ["pytest"]})
    assert found == {"directory": "/of/ci", "pattern": "pytest", "thin": False, "key": ""}
    found = capture.order({"capture": ["/mine"], "capture-thin": ["true"]})
    assert found is not None
    assert (found["directory"], found["thin"]) == ("/mine", True)


def test_a_capture_is_told_with_the_command_that_replays_it() -> None:
    answer = {"path": "/a b/x.tar", "size": 1000, "steps": ["withExec false"], "same": 4}
    assert list(capture.told(answer, failed=True, refused=False)) == [
        "captured in /a b/x.tar (1.0 KB):",
        "  1. withExec false",
        "  and 4 more that failed in the same way",
        "reproduce it with: ./dagger reproduce '/a b/x.tar'",
    ]


def test_a_job_of_github_gets_a_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "summary.md"
    answer = {"path": "/a/x.tar", "steps": ["withExec sh -c `date`\nand more"], "same": 4}
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    capture.summarize(answer)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    capture.summarize({"path": "", "steps": []})
    assert not file.exists()
    file.write_text("before\n")
    capture.summarize(answer)
    assert file.read_text() == (
        "before\n"
        "### Captured in `x.tar`\n\n"
        "- `` withExec sh -c `date` and more ``\n"
        "- 4 more that failed in the same way\n\n"
        "Reproduce it:\n\n"
        "    ./dagger reproduce x.tar\n\n"
    )


@pytest.mark.parametrize(("failed", "lines"), [(False, 0), (True, 1)])
def test_a_failure_without_a_command_is_told(failed: bool, lines: int) -> None:  # noqa: FBT001
    answer: dict[str, Any] = {"path": "", "steps": [], "size": 0}
    assert len(list(capture.told(answer, failed=failed, refused=False))) == lines


def test_a_capture_that_failed_is_told() -> None:
    answer = {"error": {"message": "the disk is full", "hint": "make room"}}
    told = list(capture.told(answer, failed=True, refused=True))
    assert told == ["nothing was captured: the disk is full", "hint: make room"]
