"""Help texts and listings. Pure: types and tables in, text out.

The layout is what the reference's golden cases read: headings in capitals, entries indented, cells two blanks apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.cli import flags
from portable_dagger.cli.chain import Chain, Types, own_flags, unsupported, visible
from portable_dagger.cli.options import GLOBAL, Option
from portable_dagger.cli.verbs import VERBS, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from portable_dagger.cli.typedefs import Argument, Function, Object


def program() -> str:
    """Return the help of the command line as a whole."""
    verbs = [[verb.name, verb.summary] for verb in VERBS if not verb.hidden]
    return _page(
        "Runs Dagger modules on the embedded engine.",
        ("USAGE", ["  dagger [options] verb"]),
        ("VERBS", _indented(columns(verbs))),
        ("OPTIONS", options(GLOBAL)),
        ("MORE", ["  dagger verb --help", "  dagger call function --help"]),
    )


def verb(asked: Verb) -> str:
    """Return the help of one verb."""
    summary = f"{asked.summary[0].upper()}{asked.summary[1:]}."
    return _page(
        f"{summary}\n\n{asked.details}".strip(),
        ("USAGE", [f"  {asked.usage}"]),
        ("OPTIONS", options((*asked.options, *GLOBAL))),
    )


def call(chain: Chain, types: Types, own: tuple[Option, ...]) -> str:
    """Return the help of a call so far: its last function's arguments, and the functions that may follow."""
    last = chain.calls[-1].function
    is_constructor = len(chain.calls) == 1
    following: tuple[Function, ...] = ()
    if chain.returns.has_functions:
        following = visible(types.objects(chain.returns.item.name or ""))
    usage = f"  dagger {chain.words}" + " [arguments]" * bool(own_flags(last))
    return _page(
        last.description.strip(),
        ("USAGE", [usage + " function" * bool(following)]),
        ("FUNCTIONS", _indented(columns([[f.command, f.summary] for f in following]))),
        ("ARGUMENTS", arguments(last, types.members, mark=not is_constructor)),
        ("OPTIONS", options((*own, *GLOBAL))),
    )


def functions(listed: Object) -> str:
    """Return the table of an object's functions."""
    rows = [["Name", "Description"], *([f.command, f.summary] for f in visible(listed))]
    skipped = [f.command for f in listed.functions if unsupported(f)]
    text = "\n".join(columns(rows)) + "\n"
    if skipped:
        names = ", ".join(skipped)
        text += f"\nSkipped {len(skipped)} function(s) with unsupported types: {names}\n"
    return text


def arguments(function: Function, members: flags.Members, *, mark: bool) -> list[str]:
    """Return one line for each flag: required ones first, then by name; `mark` says which are required."""

    def order(argument: Argument) -> tuple[bool, str]:
        return (not (mark and argument.required), argument.flag)

    rows = []
    for argument in sorted(own_flags(function), key=order):
        flag = f"--{argument.flag} {flags.word(argument.type, members)}".rstrip()
        facts = [" ".join(argument.description.split())]
        if default := flags.shown_default(argument):
            facts.append(f"(default {default})")
        if mark and argument.required:
            facts.append("[required]")
        rows.append([flag, " ".join(fact for fact in facts if fact)])
    return [f"      {line}" for line in columns(rows)]


def options(listed: Iterable[Option]) -> list[str]:
    """Return one line for each option of the command line itself, by name."""
    rows = []
    for option in sorted(listed, key=lambda option: option.name):
        if option.hidden:
            continue
        short = f"-{option.short}, " if option.short else "    "
        note = f" [{option.variable}]" if option.variable else ""
        rows.append([f"{short}--{option.name} {option.value}".rstrip(), option.help + note])
    return _indented(columns(rows))


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of cells as lines, three blanks between the columns."""
    if not rows:
        return []
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _page(description: str, *sections: tuple[str, list[str]]) -> str:
    parts = [description] if description else []
    parts += ["\n".join([heading, *lines]) for heading, lines in sections if lines]
    return "\n\n".join(parts) + "\n"
