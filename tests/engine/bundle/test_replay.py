"""Which step is meant, which layers it needs, and what an answer says."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from portable_dagger.bundle import answer
from portable_dagger.bundle.description import Missing, Outcome, Place, Step
from portable_dagger.bundle.fingerprint import Observed
from portable_dagger.bundle.replay import choose
from portable_dagger.bundle.trying import Tried
from portable_dagger.bundle.verdict import Verdict
from portable_dagger.errors import BundleError, MissingInputError

if TYPE_CHECKING:
    from portable_dagger.bundle.reading import Reader


def step(number: int, name: str) -> Step:
    place = Place(f"step-{number}", "linux/amd64", ("true",), ("sha256:a",))
    return Step(name, "exec", place, Outcome(1))


TESTS, LINT = step(1, "withExec pytest tests"), step(2, "withExec ruff check")


def reader(*steps: Step) -> Reader:
    """Stand for an open bundle, of which only name and steps count."""
    found = SimpleNamespace(path=Path("red.tar"), description=SimpleNamespace(steps=steps))
    return cast("Reader", found)


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [("", TESTS), ("1", TESTS), ("2", LINT), ("step-2", LINT), ("ruff", LINT), ("tests", TESTS)],
)
def test_a_step_is_named_by_number_image_or_part_of_its_name(wanted: str, chosen: Step) -> None:
    assert choose(reader(TESTS, LINT), wanted) == chosen


@pytest.mark.parametrize(("wanted", "count"), [("3", "no"), ("0", "no"), ("withExec", "2")])
def test_what_names_none_or_several_is_told_with_the_choice(wanted: str, count: str) -> None:
    with pytest.raises(BundleError, match=f"{count} steps of red.tar fit") as raised:
        choose(reader(TESTS, LINT), wanted)
    assert raised.value.hint == "it has 1: withExec pytest tests; 2: withExec ruff check"


def test_a_bundle_without_steps_is_told() -> None:
    with pytest.raises(BundleError, match=r"red\.tar has no step"):
        choose(reader(), "")


SAME = Tried(Observed(1, "", "x" * 200_000), Verdict.SAME, [], 0.25, 1.5, 0, ())


def test_the_first_attempt_decides_and_all_are_told() -> None:
    passed = dataclasses.replace(
        SAME, observed=Observed(0, "", ""), verdict=Verdict.PASSES, seed="1", packets=None
    )
    found = answer.of(TESTS, "red.tar", [SAME, passed], 0.5)
    assert (found["verdict"], found["text"], found["exit"]) == ("same", "same failure", 0)
    assert found["recorded"] == {"exit_code": 1, "error": ""}
    assert len(found["replayed"]["output"]) == answer.OUTPUT_SHOWN
    assert found["seconds"] == {"load": 0.5, "services": 0.25, "command": 1.5}
    assert [a["seed"] for a in found["attempts"]] == ["", "1"]
    assert [a["verdict"] for a in found["attempts"]] == ["same", "passes"]
    assert found["packets"] == 0
    assert found["notes"] == []


def test_another_time_of_day_and_what_is_missing_are_told() -> None:
    lacking = Missing("secret", "TOKEN", "the variable TOKEN")
    tried = dataclasses.replace(SAME, clock=1_764_300_000.0, missing=(lacking,), note="by the way")
    found = answer.of(TESTS, "red.tar", [tried], 0.5)
    assert found["missing"] == [{"kind": "secret", "name": "TOKEN", "reason": "the variable TOKEN"}]
    assert found["notes"] == [
        "by the way",
        "at the time of the capture, 2025-11-28 03:20:00 UTC; at today's it ends otherwise",
    ]


def test_what_cannot_be_tried_is_missing_something() -> None:
    found = answer.untried(
        TESTS, "red.tar", "layer", MissingInputError("it is thin", "get a full one")
    )
    assert (found["verdict"], found["exit"], found["replayed"]) == ("missing", 12, None)
    assert found["missing"] == [{"kind": "layer", "name": "it is thin", "reason": "get a full one"}]
