"""Soak an engine: `python3 -m bench.soak`, in the repository's root, as root.

Fails when a result is wrong or something grows. The engine's state lies on a disk of its own in memory, small enough to
be filled; all is removed at the end. In its first third the engine is killed three times, so that what is stored meets
a crash; the rest is one life, whose second quarter is held against its last.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cases import commands
from bench.soak import events, holdings, report
from bench.soak.events import EVENTS, Soak
from bench.table import machine
from bench.workplace import BenchError, Workplace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.soak.events import Event
    from bench.soak.series import Sample

ROOT = Path(__file__).resolve().parents[1]
MOUNT, UNMOUNT = "/bin/mount", "/bin/umount"
BATCH = 10
"""Calls between two samples."""
SIDE_BY_SIDE = 2
KILLS = (0.1, 0.2, 0.3)
"""After which parts of the calls the engine is killed."""
RARE: dict[Event, tuple[float, ...]] = {
    events.fill_the_store: (0.05, 0.4, 0.6, 0.8),
    events.prune: (0.15, 0.5, 0.7),
    events.engine_killed: KILLS,
}


@dataclass
class Course:
    """What happened so far."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lives: list[list[Sample]] = field(default_factory=lambda: [[]])
    seconds: float = 0.0


def main() -> int:
    """Run the soak that the arguments ask for, print the report, and write it beside the benchmark's if asked."""
    parser = argparse.ArgumentParser(prog="python3 -m bench.soak", description=__doc__)
    parser.add_argument("--calls", type=int, default=1000, help="how many (1000)")
    parser.add_argument("--seed", type=int, default=1, help="of the mixture (1)")
    parser.add_argument("--disk", default="1500m", help="size of the engine's disk (1500m)")
    parser.add_argument(
        "--dagger", default=str(ROOT.parent / "dagger"), help="the command under test"
    )
    parser.add_argument("--write", action="store_true", help="write soak.md beside results.md")
    asked = parser.parse_args()
    # A shell that starts this in the background has it ignore Ctrl-C, and with it the commands that get one here.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    course = Course()
    began = time.monotonic()
    try:
        with soaking(Path(asked.dagger), asked.disk) as soak:
            run(soak, course, asked.calls, random.Random(asked.seed))
    except (BenchError, subprocess.CalledProcessError) as error:
        course.wrong.append(str(error))
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    course.seconds = time.monotonic() - began
    text, good = report.report(asked.seed, machine(), course)
    print(text)
    if asked.write:
        (ROOT / "soak.md").write_text(text)
    return 0 if good else 1


@contextlib.contextmanager
def soaking(dagger: Path, size: str) -> Iterator[Soak]:
    """Make the engine's disk, a small one to export to, and the module; take all of it back."""
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        scratch = Path(folder)
        with mounted(scratch / "state", size), mounted(scratch / "small", "1m"):
            place = Workplace(dagger, scratch / "state", scratch, 1)
            module = commands.module(scratch / "hello")
            soak = Soak(place, module, scratch / "small")
            try:
                # The image and the module's environment are no part of it.
                if wrong := events.exec_new(soak, random.Random(0)):
                    raise BenchError(wrong)
                soak.call("hello")
                yield soak
            finally:
                place.call("engine", "stop")


@contextlib.contextmanager
def mounted(folder: Path, size: str) -> Iterator[None]:
    """Mount a file system in memory on a new folder."""
    folder.mkdir()
    subprocess.run([MOUNT, "-t", "tmpfs", "-o", f"size={size}", "soak", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run([UNMOUNT, str(folder)], check=True)


def run(soak: Soak, course: Course, calls: int, chance: random.Random) -> None:
    """Make the calls, a batch at a time, and take a sample after each."""
    kinds, weights = list(EVENTS), list(EVENTS.values())
    done = 0
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        while done < calls:
            size = min(BATCH, calls - done)
            chosen = chance.choices(kinds, weights, k=size)
            seeds = [random.Random(chance.getrandbits(32)) for _ in chosen]
            tally(course, chosen, list(pool.map(lambda one, own: one(soak, own), chosen, seeds)))
            for event, times in RARE.items():
                for part in times:
                    if done < part * calls <= done + size:
                        tally(course, [event], [event(soak, chance)])
                        if event is events.engine_killed:
                            course.lives.append([])
            done += size
            course.lives[-1].append(holdings.sample(soak.place))
            show(done, calls, course)
    print(file=sys.stderr)


def tally(course: Course, chosen: list[Event], said: list[str]) -> None:
    """Count what happened."""
    for event, wrong in zip(chosen, said, strict=True):
        course.counts[event.__name__] += 1
        if wrong:
            course.wrong.append(f"{event.__name__}: {wrong}")
            print(f"\n{course.wrong[-1]}", file=sys.stderr, flush=True)


def show(done: int, calls: int, course: Course) -> None:
    """Show how far it is: on a terminal one line that changes."""
    last = course.lives[-1][-1]
    text = (
        f"{done} of {calls} calls, {len(course.wrong)} wrong; {last.processes} processes,"
        f" {last.descriptors} descriptors, {last.memory:.0f} MB"
    )
    ends = "\r" if os.isatty(2) else "\n"
    print(text, end=ends, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
