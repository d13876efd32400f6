"""From a Dockerfile's text to its instructions, by the Dockerfile reference (docs.docker.com/reference/dockerfile).

BuildKit's own parser is on PyPI as `dockerfile`, but starts a second runtime (Go's, with threads and signal handlers)
in the engine and is built for x86-64 only; `dockerfile-parse` knows no here-documents. So this is our own.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from portable_dagger.dockerfile.expansion import split, unquoted
from portable_dagger.errors import DockerfileError, DurationError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

FLAGS: Final[dict[str, frozenset[str]]] = {
    "ADD": frozenset({"checksum", "chmod", "chown", "exclude", "keep-git-dir", "link", "unpack"}),
    "ARG": frozenset(),
    "CMD": frozenset(),
    "COPY": frozenset({"chmod", "chown", "exclude", "from", "link", "parents"}),
    "ENTRYPOINT": frozenset(),
    "ENV": frozenset(),
    "EXPOSE": frozenset(),
    "FROM": frozenset({"platform"}),
    "HEALTHCHECK": frozenset({"interval", "retries", "start-interval", "start-period", "timeout"}),
    "LABEL": frozenset(),
    "MAINTAINER": frozenset(),
    "ONBUILD": frozenset(),
    "RUN": frozenset({"device", "mount", "network", "security"}),
    "SHELL": frozenset(),
    "STOPSIGNAL": frozenset(),
    "USER": frozenset(),
    "VOLUME": frozenset(),
    "WORKDIR": frozenset(),
}
"""The instructions, and the flags that each takes."""

WITHOUT_ARGUMENTS: Final = frozenset({"CMD", "ENTRYPOINT"})
WITH_DOCUMENTS: Final = frozenset({"ADD", "COPY", "RUN"})
WITH_WORDS: Final = frozenset(
    {"ADD", "CMD", "COPY", "ENTRYPOINT", "HEALTHCHECK", "RUN", "SHELL", "VOLUME"}
)
FRONTENDS = re.compile(
    r"(docker\.io/)?docker/dockerfile(-upstream)?(:[\w.-]+)?(@sha256:[0-9a-f]+)?"
)

_DIRECTIVE = re.compile(r"#\s*([A-Za-z][\w-]*)\s*=\s*(.*?)\s*$")
_DOCUMENT = re.compile(r"\d*<<(-?)([^<]+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Document:
    """A here-document: its delimiter, its lines, and whether variables in it are replaced."""

    name: str
    text: str
    expand: bool


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.

    `text` is what follows the name and its flags, continued lines joined; `raw` the same with its here-documents;
    `words` are the strings of the JSON form, None for the shell form.
    """

    line: int
    name: str
    text: str
    flags: tuple[tuple[str, str], ...] = ()
    documents: tuple[Document, ...] = ()
    raw: str = ""
    words: tuple[str, ...] | None = None
    file: str = "Dockerfile"

    def __str__(self) -> str:
        """Return it on one line, without what its here-documents hold."""
        flags = [f"--{name}={value}" for name, value in self.flags]
        return " ".join(" ".join([self.name, *flags, self.text]).split())

    @property
    def place(self) -> str:
        """Where it stands, such as `Dockerfile line 3`."""
        return f"{self.file} line {self.line}"

    def flag(self, name: str, default: str = "") -> str:
        """Return the value of a flag that may be given once."""
        return dict(self.flags).get(name, default)

    def flag_values(self, name: str) -> list[str]:
        """Return all values of a flag that may be given more than once."""
        return [value for key, value in self.flags if key == name]

    def on(self, name: str) -> bool:
        """Whether a flag that is a switch is on."""
        value = self.flag(name, "false").lower()
        if value not in {"true", "false", "1", "0"}:
            raise self.error(f"--{name} is a switch, not {value!r}", f"write --{name}")
        return value in {"true", "1"}

    def error(self, message: str, hint: str = "") -> DockerfileError:
        """Return an error about this instruction."""
        return DockerfileError(f"{self.place}: {self.name}: {message}", hint)

    @contextlib.contextmanager
    def placed(self) -> Iterator[None]:
        """Give errors about a word, a path or a duration the instruction's place, if they do not name one yet."""
        try:
            yield
        except (DockerfileError, DurationError, NotFoundError) as error:
            if error.message.startswith(f"{self.file} line "):
                raise
            raise self.error(error.message, error.hint) from error


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """All instructions of a file, and the character that escapes."""

    instructions: tuple[Instruction, ...]
    escape: str = "\\"


def parse(text: str, file: str = "Dockerfile") -> Dockerfile:
    """Read a Dockerfile; DockerfileError names file and line of what is wrong."""
    lines = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]
    directives = _directives(lines)
    escape, number = directives.get("escape", ("\\", 0))
    if escape not in {"\\", "`"}:
        raise DockerfileError(f"{file} line {number}: escape={escape}: it must be \\ or `")
    frontend, number = directives.get("syntax", ("", 0))
    if frontend and not FRONTENDS.fullmatch(frontend):
        raise DockerfileError(
            f"{file} line {number}: the frontend {frontend} is not supported",
            "only docker/dockerfile's syntax is built by the engine; remove the # syntax line",
        )
    instructions = tuple(_instructions(lines, escape, file))
    if not any(i.name == "FROM" for i in instructions):
        raise DockerfileError(f"{file} has no build stage", "begin it with FROM")
    return Dockerfile(instructions, escape)


def _directives(lines: list[str]) -> dict[str, tuple[str, int]]:
    """Return the directives, each with its line; the first line that is none ends them."""
    found: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(lines, 1):
        match = _DIRECTIVE.match(line.strip())
        if match is None or match[1].lower() not in {"syntax", "escape", "check"}:
            break
        found[match[1].lower()] = match[2], number
    return found


def _instructions(lines: list[str], escape: str, file: str) -> Iterator[Instruction]:
    number = 0
    while number < len(lines):
        start = number
        if not lines[number].strip() or lines[number].lstrip().startswith("#"):
            number += 1
            continue
        joined, number = _joined(lines, number, escape)
        if not joined.strip():
            raise DockerfileError(
                f"{file}: parse error on line {start + 1}: no instruction", "remove the line"
            )
        first, *others = joined.strip().split(None, 1)
        here = Instruction(start + 1, first.upper(), others[0] if others else "", file=file)
        if here.name not in FLAGS:
            raise DockerfileError(
                f"{file}: parse error on line {here.line}: unknown instruction: {here.name}",
                f"there are {', '.join(FLAGS)}",
            )
        flags, rest = _flags(here, escape)
        if not rest and here.name not in WITHOUT_ARGUMENTS:
            raise DockerfileError(
                f"{file}: parse error on line {here.line}: {here.name} needs more"
            )
        inner = rest.split()[0].upper() if here.name == "ONBUILD" else here.name
        words = _json(here, rest) if here.name in WITH_WORDS else None
        documents: tuple[Document, ...] = ()
        raw = rest
        if inner in WITH_DOCUMENTS and words is None:
            before = number
            documents, number = _documents(here, lines, number, split(rest, escape), escape)
            raw = "\n".join([rest, *lines[before:number]])
        yield Instruction(start + 1, here.name, rest, flags, documents, raw, words, file)


def _joined(lines: list[str], number: int, escape: str) -> tuple[str, int]:
    """Return a logical line and the number of the line after it; a doubled escape does not continue a line."""
    end = re.compile(rf"(?<!{re.escape(escape)}){re.escape(escape)}[ \t]*$")
    parts: list[str] = []
    while number < len(lines):
        line = lines[number]
        number += 1
        if parts and (not line.strip() or line.lstrip().startswith("#")):
            continue
        match = end.search(line)
        if match is None:
            parts.append(line)
            break
        parts.append(line[: match.start()])
    return "".join(parts), number


def _flags(here: Instruction, escape: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """Return an instruction's flags, and what follows them; `--` alone ends them."""
    found: list[tuple[str, str]] = []
    rest = here.text
    while rest.startswith("--"):
        word = split(rest, escape)[0]
        rest = rest[len(word) :].lstrip()
        if word == "--":
            break
        name, equals, value = unquoted(word[2:], escape).partition("=")
        if name not in FLAGS[here.name]:
            known = ", ".join(f"--{flag}" for flag in sorted(FLAGS[here.name])) or "no flags"
            raise here.error(f"unknown flag: --{name}", f"{here.name} takes {known}")
        found.append((name, value if equals else "true"))
    return tuple(found), rest


def _json(here: Instruction, text: str) -> tuple[str, ...] | None:
    """Return the strings of the JSON form; what is no JSON is a shell line."""
    if not text.startswith("["):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not all(isinstance(word, str) for word in found):
        raise here.error("a JSON list must hold strings only", 'write numbers as "1"')
    return tuple(found)


def _documents(
    here: Instruction, lines: list[str], number: int, words: list[str], escape: str
) -> tuple[tuple[Document, ...], int]:
    found: list[Document] = []
    for match in filter(None, map(_DOCUMENT.fullmatch, words)):
        dash, quoted = match.groups()
        name = unquoted(quoted, escape)
        body: list[str] = []
        while True:
            if number >= len(lines):
                raise here.error(
                    f"unterminated here-document {name}", f"end it by a line with only {name}"
                )
            line = lines[number].lstrip("\t") if dash else lines[number]
            number += 1
            if line == name:
                break
            body.append(line + "\n")
        found.append(Document(name, "".join(body), expand=name == quoted))
    return tuple(found), number
