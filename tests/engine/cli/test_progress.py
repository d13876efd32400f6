"""Progress as lines and as a tree."""

from __future__ import annotations

import io
from typing import Any

import pytest

from portable_dagger.cli import display, tree
from portable_dagger.cli.progress import USUAL, Plain, Steps, Verbosity, failure, seconds, summary
from portable_dagger.errors import CommandLineError


def start(span: int, name: str, parent: int | None = None, time: float = 100.0) -> dict[str, Any]:
    return {
        "event": "start",
        "span": span,
        "parent": parent,
        "kind": "exec",
        "name": name,
        "time": time,
    }


def log(span: int, text: str, stream: str = "stdout") -> dict[str, Any]:
    return {"event": "log", "span": span, "stream": stream, "text": text}


def end(
    span: int, *, cached: bool = False, error: str | None = None, took: float = 1.25
) -> dict[str, Any]:
    return {"event": "end", "span": span, "cached": cached, "error": error, "duration": took}


def lines(*events: dict[str, Any], verbosity: Verbosity = USUAL) -> list[str]:
    plain = Plain(verbosity)
    return [line for event in events for line in plain.feed(event)] + plain.flush()


def test_step_with_output() -> None:
    assert lines(
        start(7, "withExec pytest"), log(7, "one\ntw"), log(7, "o\r\n"), log(7, "end"), end(7)
    ) == [
        "#1 withExec pytest",
        "#1 | one",
        "#1 | two",
        "#1 | end",
        "#1 withExec pytest done 1.2s",
    ]


def test_output_in_a_file_is_for_a_program() -> None:
    report = {**log(7, "[\n]\n"), "redirected": True}
    events = (start(7, "withExec ruff"), report, log(7, "slow\n", "stderr"), end(7))

    assert lines(*events)[1:] == ["#1 | slow", "#1 withExec ruff done 1.2s"]
    for verbosity in (Verbosity(verbose=1), Verbosity(files=True)):
        assert "#1 | [" in lines(*events, verbosity=verbosity)


def test_cached_step_takes_one_line() -> None:
    assert lines(start(7, "withExec true"), end(7, cached=True)) == ["#1 withExec true CACHED"]


def test_step_under_way_is_told_when_another_one_starts() -> None:
    assert lines(start(7, "a"), start(8, "b"), end(7), end(8, error="exit code: 3\nx")) == [
        "#1 a",
        "#2 b",
        "#1 a done 1.2s",
        "#2 b FAILED 1.2s: exit code: 3",
    ]


def test_verbosity() -> None:
    events = [
        start(1, "function test"),
        start(2, "withExec x", parent=1),
        log(2, "out\n"),
        end(2),
        start(3, "from", parent=1),
        end(3, cached=True),
        end(1),
    ]
    assert lines(*events, verbosity=Verbosity(verbose=1))[1] == "#2 withExec x (exec, in #1)"
    assert lines(*events, verbosity=Verbosity(quiet=1)) == [
        "#1 function test",
        "#2 withExec x",
        "#2 withExec x done 1.2s",
        "#1 function test done 1.2s",
    ]
    assert lines(*events, verbosity=Verbosity(quiet=2)) == []


def test_warning_and_unknown_span() -> None:
    assert lines({"event": "warning", "text": "stand-in"}, log(9, "x\n"), end(9)) == [
        "warning: stand-in"
    ]


def test_a_failure_that_a_step_around_it_got_over_is_none() -> None:
    steps = Steps()
    for event in (start(1, "check"), start(2, "image", parent=1), start(3, "wheel", parent=1)):
        steps.start(event)
    steps.all[2].end(end(2, error="no registry answers"))
    steps.all[3].end(end(3))

    assert [step.id for step in steps.failed()] == [2]
    steps.all[1].end(end(1))
    assert steps.failed() == []


def test_failed_step_is_told_with_its_last_lines() -> None:
    plain = Plain()
    for event in (
        start(1, "function f"),
        start(2, "withExec x", 1),
        log(2, "".join(f"l{n}\n" for n in range(30))),
    ):
        plain.feed(event)
    plain.feed(end(2, error="exit code: 4"))
    plain.feed(end(1, error="exit code: 4"))
    (step,) = plain.steps.failed()
    told = failure(step)
    assert told[0] == "failed: withExec x (step 2, 1.2s): exit code: 4"
    assert told[1:] == [f"  | l{n}" for n in range(10, 30)]
    assert summary(plain.steps) == "2 steps, 0 cached"


@pytest.mark.parametrize(("duration", "text"), [(0.04, "0.0s"), (59.94, "59.9s"), (125.0, "2m05s")])
def test_seconds(duration: float, text: str) -> None:
    assert seconds(duration) == text


def tree_of(*events: dict[str, Any]) -> Steps:
    plain = Plain()
    for event in events:
        plain.feed(event)
    return plain.steps


def test_tree_shows_what_is_under_way() -> None:
    steps = tree_of(start(1, "test"), start(2, "a", 1), start(3, "b", 1), end(2), log(3, "busy\n"))
    shown = tree.frame(steps, 103.0, 80, 20)
    assert [line[2:] for line in shown[:1]] == ["test 3.0s"]
    assert shown[1].endswith("b 3.0s")
    assert shown[1].startswith("  ")
    assert shown[2] == f"{tree.DIM}    busy{tree.PLAIN}"


def test_tree_fits_the_terminal() -> None:
    steps = tree_of(*(start(n, f"step {n} " + "x" * 200) for n in range(50)))
    shown = tree.frame(steps, 103.0, 40, 10)
    assert len(shown) == 10
    assert shown[-1] == "  … 41 more lines"
    assert max(len(line) for line in shown) < 40


def test_step_without_a_running_parent_is_a_root() -> None:
    steps = tree_of(start(1, "gone"), start(2, "child", 1), end(1))
    assert [line[2:] for line in tree.frame(steps, 101.0, 80, 20)] == ["child 1.0s"]


def test_live_display_takes_its_tree_away() -> None:
    out = io.StringIO()
    live = display.Live(out, Verbosity())
    live.feed(start(1, "a"), 100.0)
    live.feed(end(1), 101.0)
    live.finish(failed=False)
    text = out.getvalue()
    assert "\x1b[1A\x1b[J" in text
    assert text.endswith(
        f"{tree.GREEN}✔{tree.PLAIN} a {tree.DIM}1.2s{tree.PLAIN}\n1 step, 0 cached\n"
    )


def test_live_display_draws_nothing_after_its_end_or_while_the_terminal_is_lent() -> None:
    out = io.StringIO()
    live = display.Live(out, Verbosity())
    live.feed(start(1, "a"), 100.0)
    for leave in (live.pause, lambda: live.finish(failed=False)):
        leave()
        left = out.getvalue()
        live.tick(101.0)
        assert out.getvalue() == left
    live.feed(start(2, "b"), 102.0)
    live.tick(103.0)
    assert out.getvalue() != left


def test_dots_and_output_only() -> None:
    out = io.StringIO()
    dots = display.Dots(out, Verbosity())
    for event in (
        start(1, "a"),
        end(1),
        start(2, "b"),
        end(2, cached=True),
        start(3, "c"),
        end(3, error="e"),
    ):
        dots.feed(event, 1.0)
    dots.finish(failed=False)
    assert out.getvalue() == ".cx\n"
    out = io.StringIO()
    logs = display.Output(out, Verbosity())
    for event in (start(1, "a | b"), log(1, "x | y\n"), end(1)):
        logs.feed(event, 1.0)
    assert out.getvalue() == "x | y\n"


def test_form_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGGER_SILENT", raising=False)
    monkeypatch.delenv("DAGGER_PROGRESS", raising=False)
    assert isinstance(display.renderer({}), display.Log)
    assert isinstance(display.renderer({"silent": ["true"]}), display.Silent)
    assert isinstance(display.renderer({"progress": ["tty"]}), display.Live)
    monkeypatch.setenv("DAGGER_PROGRESS", "dots")
    assert isinstance(display.renderer({}), display.Dots)
    with pytest.raises(CommandLineError, match="unknown progress type"):
        display.renderer({"progress": ["fancy"]})


def test_services_talk_only_when_asked() -> None:
    events = [
        {"event": "start", "span": 1, "parent": None, "kind": "service", "name": "db", "time": 0.0},
        {"event": "log", "span": 1, "stream": "stderr", "text": "ready\n"},
        {"event": "end", "span": 1, "cached": False, "error": "exit code: 3", "duration": 1.0},
    ]

    def shown(verbose: int) -> list[str]:
        renderer = Plain(Verbosity(verbose=verbose))
        return [line for event in events for line in renderer.feed(event)]

    assert not any("ready" in line for line in shown(0))
    assert any("ready" in line for line in shown(1))
    renderer = Plain()
    for event in events:
        renderer.feed(event)
    assert "  | ready" in failure(renderer.steps.failed()[0])
