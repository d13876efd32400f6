"""The record of runs: one file of JSON lines for each session that did something (docs/reference/runs.md).

    {"record": "run", "format": 1, "run", "started", "workdir", "version"}
    {"record": "tree", "tree": N, "on": M or null, "layers": [digest, …]}      the layers of M with these on top
    {"record": "step", "step", "parent", "kind", "name", "key", "started", "duration", "cached", "error",
     "inputs": {name: VALUE}, "output": {name: VALUE}, "waited": {what for: seconds}}
    {"record": "end", "duration", "command"}
A VALUE is JSON, {"files": N, "path", "digest"}, {"secret": hash}, or {"text", "length", "digest"} for a long text.
Lines are written as steps end, so that a kill loses the steps under way only. No secret's text is in it: what was
written before the session knew a secret is looked through again at the end, and only then is the command line added.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from portable_dagger import __version__
from portable_dagger.record.inputs import Files, Hidden
from portable_dagger.record.scrubber import Scrubber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from portable_dagger.record.progress import Span

FORMAT: Final = 1
LONGEST: Final = 2000
"""Characters of a text that is recorded as it is."""

SHOWN: Final = 200
MOST_BYTES: Final = 64 * 2**20
"""What all records may take."""

Step = dict[str, Any]


@dataclass(slots=True)
class Run:
    """A run as it was recorded: its first line with the command added, and its steps in the order in which they began.

    A `duration` of None says that it has not ended.
    """

    head: dict[str, Any]
    steps: list[Step]
    duration: float | None

    @property
    def id(self) -> str:
        """The run's name."""
        return str(self.head["run"])


@dataclass(slots=True)
class RunLog:
    """Writes the record of one session; the file appears with the first step.

    `secrets` returns the texts of the secrets that the session knows.
    """

    folder: Path
    run: str
    workdir: str
    command: str
    secrets: Callable[[], Iterable[bytes]]
    started: float = field(default_factory=time.time)
    _file: IO[str] | None = None
    _trees: dict[tuple[str, ...], int] = field(default_factory=dict)
    _known: frozenset[bytes] = frozenset()
    _hidden: frozenset[bytes] = frozenset()
    _scrubbed: Callable[[str], str] = str

    def step(self, span: Span, parent: int | None, error: str | None, duration: float) -> None:
        """Write down a step that has ended; OSError when the disk does not take it."""
        account = span.account
        scrubbed = self._scrubbing()
        encoded: Step = {
            "record": "step",
            "step": span.number,
            "parent": parent,
            "kind": span.kind,
            "name": scrubbed(span.name),
            "started": span.started,
            "duration": round(duration, 4),
            "cached": span.cached,
            "error": scrubbed(error) if error is not None else None,
        }
        if account is not None:
            encoded["key"] = account.key
            encoded["inputs"] = self._value(account.inputs, scrubbed)
            encoded["output"] = self._value(account.output, scrubbed)
            encoded["waited"] = {name: round(s, 4) for name, s in account.waited.items()}
        self._write(encoded)

    def text(self) -> str:
        """Return what was written so far."""
        return "" if self._file is None else Path(self._file.name).read_text()

    def close(self) -> None:
        """Write the end; nothing if there was no step."""
        if self._file is None:
            return
        scrubbed = self._scrubbing()
        duration = round(time.time() - self.started, 4)
        with self._file:
            self._write({"record": "end", "duration": duration, "command": scrubbed(self.command)})
        path = Path(self._file.name)
        self._file = None
        if set(self.secrets()) - self._known:
            aside = path.with_suffix(".new")
            lines = path.read_text().splitlines(keepends=True)
            aside.write_text("".join(_clean(line, scrubbed) for line in lines))
            aside.rename(path)

    def _scrubbing(self) -> Callable[[str], str]:
        """Return what takes out the secrets of now; the same ones have it made once, since it takes time."""
        hidden = frozenset(self.secrets())
        if hidden != self._hidden:
            self._hidden, self._scrubbed = hidden, _scrubbing(hidden)
        return self._scrubbed

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self.folder / f"{int(self.started * 1000):013d}-{self.run}.jsonl"
            self._file = path.open("w", buffering=1)
            self._known = frozenset(self.secrets())
            head = {"record": "run", "format": FORMAT, "run": self.run, "started": self.started}
            head |= {"workdir": self.workdir, "version": __version__}
            self._file.write(json.dumps(head) + "\n")
        self._file.write(json.dumps(line) + "\n")

    def _value(self, value: Any, scrubbed: Callable[[str], str]) -> Any:  # noqa: ANN401  JSON
        match value:
            case Files():
                found = {"files": self._tree(value.layers), "path": value.path}
                return {**found, "digest": value.digest} if value.digest else found
            case Hidden():
                return {"secret": hashlib.sha256(value.key.encode()).hexdigest()[:16]}
            case str():
                return _shortened(scrubbed(value))
            case dict():
                return {scrubbed(str(k)): self._value(v, scrubbed) for k, v in value.items()}
            case list() | tuple():
                return [self._value(item, scrubbed) for item in value]
        return value

    def _tree(self, layers: tuple[str, ...]) -> int:
        known = self._trees.get(layers)
        if known is not None:
            return known
        on = self._trees.get(layers[:-1])
        number = self._trees[layers] = len(self._trees) + 1
        top = layers if on is None else layers[-1:]
        self._write({"record": "tree", "tree": number, "on": on, "layers": top})
        return number


class Runs:
    """The records that there are."""

    def __init__(self, folder: Path, most: int) -> None:
        self.folder = folder
        self._most = most

    def files(self) -> list[Path]:
        """Return the files, the newest first."""
        return sorted(self.folder.glob("*.jsonl"), reverse=True)

    def recent(self) -> Iterator[Run]:
        """Read the runs, the newest first; what cannot be read any more is left out."""
        for path in self.files():
            run = read(path)
            if run is not None:
                yield run

    def trim(self) -> None:
        """Delete the oldest beyond the number and size that are kept."""
        total = 0
        for number, path in enumerate(self.files()):
            total += path.stat().st_size
            if number >= self._most or total > MOST_BYTES:
                path.unlink()


def read(path: Path) -> Run | None:
    """Read a record; None for a file without a whole first line, or of another format.

    A last line that a kill cut off is left out. In values, {"files": N} becomes {"layers": [digest, …]}.
    """
    try:
        text = path.read_text()
    except FileNotFoundError:
        return None  # trimmed meanwhile
    lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    if not lines or lines[0].get("format") != FORMAT:
        return None
    trees: dict[int, list[str]] = {}
    steps: list[Step] = []
    for line in lines:
        if line["record"] == "tree":
            trees[line["tree"]] = [*trees.get(line["on"], []), *line["layers"]]
        elif line["record"] == "step":
            steps.append(_with_layers(line, trees))
    head, last = lines[0], lines[-1]
    duration = last["duration"] if last["record"] == "end" else None
    head["command"] = last.get("command", "")
    return Run(head, sorted(steps, key=lambda step: int(step["step"])), duration)


def _with_layers(step: Step, trees: dict[int, list[str]]) -> Step:
    for values in (step.get("inputs"), step.get("output")):
        for value in (values or {}).values():
            if isinstance(value, dict) and "files" in value:
                value["layers"] = trees[value.pop("files")]
    return step


def _scrubbing(secrets: Iterable[bytes]) -> Callable[[str], str]:
    scrubber = Scrubber(secrets)

    def scrubbed(text: str) -> str:
        data = scrubber.feed(text.encode(errors="surrogateescape")) + scrubber.flush()
        return data.decode(errors="surrogateescape")

    return scrubbed


def _clean(line: str, scrubbed: Callable[[str], str]) -> str:
    def value(found: Any) -> Any:  # noqa: ANN401  JSON
        if isinstance(found, str):
            return scrubbed(found)
        if isinstance(found, list):
            return [value(item) for item in found]
        if isinstance(found, dict):
            return {scrubbed(name): value(item) for name, item in found.items()}
        return found

    return json.dumps(value(json.loads(line))) + "\n"


def _shortened(text: str) -> Any:  # noqa: ANN401  JSON
    if len(text) <= LONGEST:
        return text
    digest = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
    return {"text": text[:SHOWN], "length": len(text), "digest": digest}
