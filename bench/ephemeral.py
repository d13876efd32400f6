"""What a cache file is worth to a runner that begins empty: `python3 -m bench.ephemeral`, in the repository's root.

Two states of their own, below a scratch folder: a cold one, whose cache is saved, and one that loads the file, finds
the source unchanged, and then edited. Each has the Python environment of the state directory already. Commands run in a
clone of the last commit, each state's at another path. Disk: some 8 GB, which are given back.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.table import machine
from bench.workplace import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
REPORT = Path(__file__).with_suffix(".md")
COMMANDS = (("call", "test"), ("check", "format", "lint", "types", "code-security"))
EDITED = "app/audit.py"
VOLUME = "ci-uv"
MB = 10**6
GIT = shutil.which("git") or "git"


@dataclass
class Runner:
    """A runner: a state directory and a checkout of its own; rows are commands, their seconds, and steps that ran."""

    name: str
    state: Path
    source: Path
    rows: list[tuple[str, float, str]] = field(default_factory=list)

    def run(self, *words: str, name: str = "") -> None:
        """Run a command and note what it took; BenchError when it fails."""
        started = time.monotonic()
        self.dagger("--silent", *words)
        row = (name or " ".join(words), time.monotonic() - started, self._ran(words[0]))
        self.rows.append(row)
        print(f"{self.name}: {row[0]}: {row[1]:.1f} s {row[2]}", flush=True)

    def commands(self, when: str) -> None:
        """Run the commands whose time counts."""
        for words in COMMANDS:
            self.run(*words, name=f"`{' '.join(words)}`{when}")

    def dagger(self, *words: str) -> str:
        """Run a command line in this state; BenchError when it fails."""
        done = subprocess.run(
            [str(self.source / "dagger"), *words],
            cwd=self.source,
            env=os.environ | {"PORTABLE_DAGGER_STATE": str(self.state)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BenchError(f"{self.name}: {' '.join(words)}: {done.stderr[-2000:]}")
        return done.stdout

    def _ran(self, verb: str) -> str:
        """Return how many commands in containers ran, of those that the last run asked for."""
        if verb == "cache":
            return ""
        run = json.loads(self.dagger("why", "--json"))["runs"][0]["run"]
        steps = json.loads(self.dagger("why", "--json", run))["steps"]
        commands = [step for step in steps if step["kind"] == "exec"]
        return f"{sum(not step['cached'] for step in commands)} of {len(commands)}"


@contextlib.contextmanager
def runner(name: str, scratch: Path, environments: Path, source: Path) -> Iterator[Runner]:
    """Make a runner that has nothing but Python environments and a clone; all of it goes with the block."""
    place = scratch / name
    made = Runner(name, place / "state", place / "source")
    made.state.mkdir(parents=True)
    (made.state / "environment").symlink_to(environments)
    subprocess.run([GIT, "clone", "--quiet", str(source), str(made.source)], check=True)
    try:
        yield made
    finally:
        with contextlib.suppress(BenchError):
            made.dagger("engine", "stop")
        shutil.rmtree(place)


def report(facts: dict[str, object], sizes: list[tuple[str, int]], runners: list[Runner]) -> str:
    """Return the figures as Markdown."""
    lines = ["`python3 -m bench.ephemeral`", "", f"Machine: {facts}", ""]
    lines += [f"- {name}: {size / MB:.0f} MB" for name, size in sizes]
    lines += ["", "| runner | what | seconds | commands that ran |", "|---|---|---|---|"]
    for each in runners:
        lines += [f"| {each.name} | {what} | {took:.1f} | {ran} |" for what, took, ran in each.rows]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure, print the report, and write it beside this file if asked to."""
    parser = argparse.ArgumentParser(prog="python3 -m bench.ephemeral", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} here")
    parser.add_argument(
        "--scratch", help="where the states lie (default: a folder for temporary files)"
    )
    asked = parser.parse_args()
    home = os.environ.get("XDG_STATE_HOME", str(Path.home() / ".local/state"))
    state = Path(os.environ.get("PORTABLE_DAGGER_STATE") or f"{home}/portable-dagger")
    facts = machine()
    with tempfile.TemporaryDirectory(prefix="ephemeral-", dir=asked.scratch) as folder:
        scratch = Path(folder)
        # One clone for both: somebody may commit meanwhile.
        source, environments = scratch / "repository", state / "environment"
        subprocess.run([GIT, "clone", "--quiet", str(ROOT), str(source)], check=True)
        file, larger = scratch / "dagger.cache", scratch / "larger.cache"
        with runner("cold", scratch, environments, source) as cold:
            cold.commands(", nothing there")
            cold.commands(", unchanged")
            cold.run("cache", "save", str(file), name="save")
            cold.run("cache", "save", str(file), name="save again, unchanged")
            cold.run("cache", "save", "--volume", VOLUME, str(larger), name=f"save with {VOLUME}")
        sizes = [("file", file.stat().st_size), (f"file with {VOLUME}", larger.stat().st_size)]
        with runner("loaded", scratch, environments, source) as loaded:
            loaded.run("cache", "load", str(file), name="load")
            loaded.commands(", unchanged, first time")
            loaded.commands(", unchanged, again")
            edited = loaded.source / EDITED
            edited.write_text(f"{edited.read_text()}\n\n# An edit.\n")
            loaded.commands(", one file edited")
            loaded.run("cache", "save", str(file), name="save over the file that was loaded")
    text = report(facts, sizes, [cold, loaded])
    print(text)
    if asked.write:
        REPORT.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
