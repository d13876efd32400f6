"""Files in and out: many small ones, and a big one."""

from __future__ import annotations

import json
import os
from functools import partial
from typing import TYPE_CHECKING

from bench.measurement import Measurement, timed
from bench.workplace import nonce, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.workplace import Workplace

FOLDERS = 100
FILES = 100
GIBIBYTE = 2**30
CHUNK = 2**20


def measure(place: Workplace) -> Iterator[Measurement]:
    """Yield the seconds of taking in and giving out files, and how that compares with `cp`."""
    first, same, changed, ratios, copies = [], [], [], [], []
    for _ in range(place.rounds):
        source = place.scratch / f"source-{nonce()}"
        _fill(source)
        # What the benchmark itself has written must not be waited for in what it measures.
        os.sync()
        first.append(_ask(place, source, "entries"))
        same.append(_ask(place, source, "entries"))
        (source / "d5" / "f7").write_text(nonce())
        changed.append(_ask(place, source, "entries"))
        os.sync()
        target, copy = source.with_suffix(".exported"), source.with_suffix(".copied")
        exported = _ask(place, source, f"export(path: {json.dumps(str(target))})")
        os.sync()
        copies.append(timed(partial(run, ["cp", "-r", str(source), str(copy)], copy.parent)))
        ratios.append(exported / copies[-1])
    yield Measurement("10,000 files, first", tuple(first), limit=1.0, dagger="2.1")
    yield Measurement("10,000 files, unchanged", tuple(same), limit=0.15, dagger="0.46")
    yield Measurement("10,000 files, one changed", tuple(changed), limit=0.3, dagger="1.26")
    yield Measurement("the same by cp -r, as the disk was then", tuple(copies))
    yield Measurement("10,000 files, export", tuple(ratios), "x cp -r", limit=1.5, dagger="3.8")
    big = tuple(_big(place) for _ in range(place.rounds))
    yield Measurement("1 GiB in and out", big, "x cp", limit=2.2, dagger="11.5")


def _fill(source: Path) -> None:
    word = nonce()
    for folder in range(FOLDERS):
        (source / f"d{folder}").mkdir(parents=True)
        for file in range(FILES):
            (source / f"d{folder}" / f"f{file}").write_text(f"{word} {folder} {file}\n" * 10)


def _ask(place: Workplace, source: Path, field: str) -> float:
    with place.session() as session:
        session.query("{ version }")
        text = f"{{ host {{ directory(path: {json.dumps(str(source))}) {{ {field} }} }} }}"
        return timed(partial(session.query, text))


def _big(place: Workplace) -> float:
    source = place.scratch / "big"
    target, copy = source.with_name("big-exported"), source.with_name("big-copied")
    word = nonce().encode() * (CHUNK // 12)
    with source.open("wb") as file:
        for number in range(GIBIBYTE // len(word)):
            file.write(b"%08d" % number + word[8:])
    text = f"{{ host {{ file(path: {json.dumps(str(source))}) {{ export(path: {json.dumps(str(target))}) }} }} }}"
    with place.session() as session:
        session.query("{ version }")
        ours = timed(partial(session.query, text))
    theirs = timed(lambda: run(["cp", str(source), str(copy)], place.scratch))
    for path in (source, target, copy):
        path.unlink()
    return ours / theirs
