"""From a Dockerfile's text to its instructions.

The published parsers know neither here-documents nor the escape directive, so this is our own, by the Dockerfile
reference (docs.docker.com/reference/dockerfile, syntax 1.7).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portable_dagger.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = frozenset(
    {
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    }
)
WITH_FLAGS = frozenset({"ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"})
WITH_DOCUMENTS = frozenset({"ADD", "COPY", "RUN"})
FRONTENDS = re.compile(
    r"(docker\.io/)?docker/dockerfile(-upstream)?(:[\w.-]+)?(@sha256:[0-9a-f]+)?"
)

_DIRECTIVE = re.compile(r"#\s*([A-Za-z][\w-]*)\s*=\s*(.*?)\s*$")
_FLAG = re.compile(r'--([A-Za-z][\w-]*)(?:=((?:"[^"]*"|[^\s"])*))?(?:\s+|$)')
_DOCUMENT = re.compile(r"(?<![<\w])<<(-?)([\"']?)([A-Za-z_][\w.-]*)\2(?![\w\"'])")


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

    def flag(self, name: str, default: str = "") -> str:
        """Return the value of a flag that may be given once."""
        return dict(self.flags).get(name, default)

    def error(self, message: str, hint: str = "") -> DockerfileError:
        """Return an error about this instruction."""
        return DockerfileError(f"dockerfile line {self.line}: {self.name}: {message}", hint)


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """All instructions of a file, and the character that escapes."""

    instructions: tuple[Instruction, ...]
    escape: str = "\\"


def parse(text: str) -> Dockerfile:
    """Read a Dockerfile; DockerfileError names the line of what is wrong."""
    lines = text.removeprefix("\ufeff").splitlines()
    directives, first = _directives(lines)
    escape = directives.get("escape", "\\")
    if escape not in {"\\", "`"}:
        raise DockerfileError(f"dockerfile line 1: escape={escape}: it must be \\ or `")
    frontend = directives.get("syntax", "")
    if frontend and not FRONTENDS.fullmatch(frontend):
        raise DockerfileError(
            f"dockerfile line 1: the frontend {frontend} is not supported",
            "only docker/dockerfile's syntax is built by the engine; remove the # syntax line",
        )
    instructions = tuple(_instructions(lines, first, escape))
    if not any(i.name == "FROM" for i in instructions):
        raise DockerfileError("the Dockerfile has no build stage", "begin it with FROM")
    return Dockerfile(instructions, escape)


def _directives(lines: list[str]) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    for number, line in enumerate(lines):
        match = _DIRECTIVE.match(line.strip())
        if match is None or match[1].lower() not in {"syntax", "escape", "check"}:
            return found, number
        found[match[1].lower()] = match[2]
    return found, len(lines)


def _instructions(lines: list[str], first: int, escape: str) -> Iterator[Instruction]:
    number = first
    while number < len(lines):
        start = number
        if not lines[number].strip() or lines[number].lstrip().startswith("#"):
            number += 1
            continue
        joined, number = _joined(lines, number, escape)
        name, _, rest = joined.strip().partition(" ")
        name, _, tail = name.partition("\t")
        rest = (tail + " " + rest if tail else rest).strip()
        name = name.upper()
        if name not in NAMES:
            raise DockerfileError(
                f"dockerfile parse error on line {start + 1}: unknown instruction: {name}",
                f"there are {', '.join(sorted(NAMES))}",
            )
        if not rest:
            raise DockerfileError(f"dockerfile parse error on line {start + 1}: {name} needs more")
        flags, rest = _flags(rest) if name in WITH_FLAGS else ((), rest)
        words = _json(rest)
        documents: tuple[Document, ...] = ()
        raw = rest
        if name in WITH_DOCUMENTS and words is None:
            before = number
            documents, number = _documents(lines, number, rest, start)
            raw = "\n".join([rest, *lines[before:number]])
        yield Instruction(start + 1, name, rest, flags, documents, raw, words)


def _joined(lines: list[str], number: int, escape: str) -> tuple[str, int]:
    """Return a logical line and the number of the line after it."""
    end = re.compile(re.escape(escape) + r"[ \t]*$")
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


def _flags(text: str) -> tuple[tuple[tuple[str, str], ...], str]:
    found: list[tuple[str, str]] = []
    while match := _FLAG.match(text):
        found.append((match[1], (match[2] or "").replace('"', "")))
        text = text[match.end() :]
    return tuple(found), text


def _json(text: str) -> tuple[str, ...] | None:
    """Return the strings of the JSON form; what is no JSON array of strings is a shell line."""
    if not text.startswith("["):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return tuple(found) if all(isinstance(word, str) for word in found) else None


def _documents(
    lines: list[str], number: int, text: str, start: int
) -> tuple[tuple[Document, ...], int]:
    found: list[Document] = []
    for match in _DOCUMENT.finditer(text):
        dash, quote, name = match.groups()
        body: list[str] = []
        while True:
            if number >= len(lines):
                raise DockerfileError(
                    f"dockerfile parse error on line {start + 1}: unterminated here-document {name}",
                    f"end it by a line with only {name}",
                )
            line = lines[number].lstrip("\t") if dash else lines[number]
            number += 1
            if line == name:
                break
            body.append(line + "\n")
        found.append(Document(name, "".join(body), expand=not quote))
    return tuple(found), number
