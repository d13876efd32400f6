"""One seed's way: planted, captured, replayed elsewhere as it was and with edits, and what came of it."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.bundle.leaks import leaks
from tests.bundle.planting import alter, filled, marks, plant
from tests.bundle.seed import DEADLINE, VERDICTS
from tests.bundle.workplace import CorpusError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.bundle.seed import Seed
    from tests.bundle.workplace import Workplace

_TRIES: Final = 20
"""How often a failure by chance is tried until it comes."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A bundle, the source that it was made of, and the seconds of the run that left it."""

    bundle: Path
    source: Path
    values: dict[str, str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay answered. seconds: of the whole command; answer: its JSON."""

    seconds: float
    answer: dict[str, Any]

    @property
    def verdict(self) -> str:
        """The answer's verdict."""
        return str(self.answer["verdict"])


@dataclass(slots=True)
class Trial:
    """What came of a seed: figures, and everything that is not as it should be."""

    seed: Seed
    problems: list[str] = field(default_factory=list)
    size: int = 0
    captured: float = 0.0
    cold: Replay | None = None
    warm: Replay | None = None
    altered: dict[str, str] = field(default_factory=dict)
    """Verdicts of the altered copies."""

    @property
    def verdict(self) -> str:
        """What the replay answered; nothing if there was none."""
        return self.cold.verdict if self.cold else ""


def attempt(
    seed: Seed, here: Workplace, there: AbstractContextManager[Workplace], scratch: Path
) -> Trial:
    """Capture a seed here and replay it there; files of both lie below `scratch`."""
    trial = Trial(seed)
    try:
        captured = capture(seed, here, scratch)
        trial.size, trial.captured = captured.bundle.stat().st_size, captured.seconds
        if seed.secret:
            trial.problems += leaks(captured.bundle, seed.secret)
        if seed.lapse:
            time.sleep(max(0.0, int(captured.values[DEADLINE]) + 1 - time.time()))
        with there as place:
            _replays(trial, captured, place, scratch)
    except CorpusError as error:
        trial.problems.append(str(error))
    return trial


def capture(seed: Seed, here: Workplace, scratch: Path) -> Capture:
    """Run a seed until it fails, and return the one bundle that it leaves. Raises CorpusError if it does not."""
    for number in range(1 if seed.deterministic else _TRIES):
        values, source = marks(seed), scratch / f"source-{number}"
        bundles = scratch / f"bundles-{number}"
        source.mkdir(parents=True)
        plant(seed, source, values)
        words = seed.command or ("-c", filled(seed.script, values))
        done = here.run(
            *("--capture", str(bundles), *seed.capture, *words),
            folder=source,
            environment={"CORPUS_SECRET": seed.secret},
        )
        if done.exit_code:
            break
    said = done.stdout + done.stderr
    if done.exit_code != seed.exit_code or not re.search(seed.says, said):
        raise CorpusError(
            f"it was to end with {seed.exit_code} and say {seed.says!r}, and ended with {done.exit_code}: {said[-800:]}"
        )
    found = sorted(bundles.glob("*.tar"))
    if len(found) != 1:
        raise CorpusError(f"it left {len(found)} bundles instead of one: {said[-800:]}")
    return Capture(found[0], source, values, done.seconds)


def replay(captured: Capture, seed: Seed, there: Workplace, *words: str) -> Replay:
    """Replay a bundle and return its answer. CorpusError if there is none, or its exit code says otherwise."""
    done = there.run(
        *("reproduce", str(captured.bundle), "--json", *seed.replay, *words),
        folder=captured.bundle.parent,
        environment={"CORPUS_SECRET": seed.secret} if seed.replay else None,
    )
    try:
        answer = json.loads(done.stdout)
        verdict = answer["verdict"]
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"replay: exit {done.exit_code}: {done.stderr[-800:]}") from error
    if done.exit_code != VERDICTS.get(verdict):
        raise CorpusError(f"replay: {verdict!r} came with exit code {done.exit_code}")
    return Replay(done.seconds, answer)


def _replays(trial: Trial, captured: Capture, there: Workplace, scratch: Path) -> None:
    seed = trial.seed
    trial.cold = replay(captured, seed, there)
    trial.problems += judged(seed, trial.cold)
    trial.warm = replay(captured, seed, there)
    if seed.deterministic and trial.warm.verdict != trial.verdict:
        trial.problems.append(f"again: {trial.warm.verdict}")
    for altered in seed.altered:
        folder = scratch / altered.name
        alter(seed, altered, folder, captured.values)
        again = replay(captured, seed, there, "--source", str(folder))
        trial.altered[altered.name] = again.verdict
        if again.verdict != altered.verdict:
            trial.problems.append(
                f"{altered.name}: {again.verdict} instead of {altered.verdict}: {json.dumps(again.answer)[:800]}"
            )
        elif not re.search(altered.difference, text := json.dumps(again.answer["differences"])):
            trial.problems.append(f"{altered.name}: {altered.difference!r} is not in {text[:800]}")


def judged(seed: Seed, found: Replay) -> list[str]:
    """Return what of a replay is not as the seed expects it."""
    answer, problems = found.answer, []
    if not seed.deterministic:
        attempts = {attempt["verdict"] for attempt in answer["attempts"]}
        if attempts != {"same", "passes"}:
            problems.append(f"{len(answer['attempts'])} attempts were all {sorted(attempts)}")
    elif found.verdict != seed.verdict:
        problems.append(f"{found.verdict} instead of {seed.verdict}: {json.dumps(answer)[:1500]}")
    if answer["packets"]:
        problems.append(f"{answer['packets']} packets left")
    kinds = [missing["kind"] for missing in answer["missing"]]
    if seed.missing and seed.missing not in kinds:
        problems.append(f"no {seed.missing} is named as missing, but {kinds}")
    return problems
