"""`dagger call`: functions of a module, each on the result of the one before; the last result is printed or saved."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from portable_dagger.cli import changes, display, output, queries, terminal, user_defaults
from portable_dagger.cli import help as help_texts
from portable_dagger.cli.chain import Call, Chain, read
from portable_dagger.cli.client import Session
from portable_dagger.cli.flags import Reference, quoted
from portable_dagger.cli.main import enter
from portable_dagger.cli.module_root import chosen, root, types
from portable_dagger.cli.options import CALL, GLOBAL, Given, merged, scan
from portable_dagger.cli.typedefs import LIST, VOID
from portable_dagger.errors import CommandLineError, RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

OPTIONS = (*CALL, *GLOBAL)
EXPORT = {
    "Changeset": "export(path: {path})",
    "Container": "export(path: {path})",
    "Directory": "export(path: {path})",
    "File": "export(path: {path}, allowParentDirPath: true)",
}
"""How an object is saved to a path on the host."""


class Result(NamedTuple):
    """What to print; `saved` is the path of an object that the engine saved."""

    text: str = ""
    saved: str = ""


def run(given: Given, arguments: list[str], verb: str = "call") -> int:
    """Make the call and print its result."""
    early = merged(given, scan(OPTIONS, arguments))
    enter(early)
    with Session(display.renderer(early), early, offer=terminal.offered(early)) as session:
        module = chosen(session, early)
        defaults = user_defaults.of(module, session.renderer)
        chain = read(arguments, root(module), types(session), OPTIONS, defaults, verb)
        if chain.help:
            result = Result(help_texts.call(chain, types(session), CALL))
        else:
            result = answer(session, chain, merged(given, chain.given))
    if not chain.help:
        _save(result, chain.given)
    sys.stdout.write(result.text)
    if result.text and not result.text.endswith("\n") and sys.stdout.isatty():
        sys.stdout.write("\n")
    return 0


def answer(session: Session, chain: Chain, given: Given) -> Result:
    """Evaluate a chain; changes are shown, and applied after a question."""
    known = objects(session, chain.calls)
    path = given.get("output", [""])[-1]
    name = chain.returns.item.name or ""
    if not chain.returns.has_functions:
        data = session.query(queries.request(chain.calls, known, ""))
        keys = queries.path(chain.calls, "")
        if chain.returns.item.kind == VOID:
            return Result()
        if "json" in given:
            return Result(output.as_json(queries.first_list(data, keys)))
        return Result(output.as_text(queries.extract(data, keys)))
    if chain.returns.kind != LIST and path and name in EXPORT:
        leaf = EXPORT[name].format(path=quoted(os.path.abspath(path)))
        data = session.query(queries.request(chain.calls, known, leaf))
        return Result(saved=queries.extract(data, queries.path(chain.calls, leaf)))
    if chain.returns.kind != LIST and name == "Changeset":
        data = session.query(queries.request(chain.calls, known, changes.FACTS))
        changes.apply(session, queries.extract(data, queries.path(chain.calls, "")), given)
        return Result()
    leaf = "sync" if any(f.name == "sync" for f in session.object_type(name).functions) else "id"
    data = session.query(queries.request(chain.calls, known, leaf))
    return Result(output.as_objects(name, queries.extract(data, queries.path(chain.calls, leaf))))


def objects(session: Session, calls: Sequence[Call]) -> dict[Reference, str]:
    """Make the objects that flags name and return their IDs; an error names the flag."""
    wanted = queries.references(calls)
    if not wanted:
        return {}
    made = session.ask(queries.addresses(wanted))
    for error in made.get("errors") or ():
        key = str((error.get("path") or [""])[0])
        if key[1:].isdecimal():
            reference = wanted[int(key[1:])]
            raise RequestError(
                f'{queries.flag_of(calls, reference)} "{reference.text}": {error["message"]}',
                (error.get("extensions") or {}).get("hint") or "",
            )
        raise RequestError(error["message"])
    return queries.ids(wanted, made["data"])


def _save(result: Result, given: Given) -> None:
    path = given.get("output", [""])[-1]
    if not path:
        return
    if result.saved:
        sys.stderr.write(f'Saved to "{os.path.abspath(path)}".\n')
        return
    target = os.path.abspath(path)
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8", newline="") as file:
            file.write(result.text)
    except OSError as error:
        raise CommandLineError(
            f'cannot save the result to "{target}": {error.strerror}',
            "give another path to --output",
        ) from error
    sys.stderr.write(f'Saved output to "{target}".\n')
