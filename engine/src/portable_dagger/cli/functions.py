"""`dagger functions`: the functions of a module, or of what a chain of them returns."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from portable_dagger.cli import display
from portable_dagger.cli import help as help_texts
from portable_dagger.cli.chain import visible
from portable_dagger.cli.client import Session
from portable_dagger.cli.module_root import chosen, root
from portable_dagger.cli.suggestions import nearest
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given


def run(given: Given, arguments: list[str]) -> int:
    """Print the table."""
    with Session(display.renderer(given), given) as session:
        returns = root(chosen(session, given)).returns
        for at, word in enumerate(arguments):
            known = {f.command: f for f in visible(session.object_type(returns.item.name or ""))}
            if word not in known or not known[word].returns.has_functions:
                path = " ".join(["functions", *arguments[:at]])
                what = "returns no object" if word in known else "is no function"
                hint = (
                    f"did you mean {' or '.join(near)}?" if (near := nearest(word, known)) else ""
                )
                raise CommandLineError(f'"{word}" {what} of "dagger {path}"', hint)
            returns = known[word].returns
        text = help_texts.functions(session.object_type(returns.item.name or ""))
    sys.stdout.write(text.rstrip("\n") + "\n")
    return 0
