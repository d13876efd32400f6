"""The gates by their names: what each comes to, for who calls one, who captures, and who makes one report of all.

A gate whose answer is findings has a function in JUDGED; `check` runs it, and so do reports and captures.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final

import dagger

from ci import change
from ci.errors import CiError, GateError, SelectionError
from ci.inspection import GATES
from ci.outcome import Outcome
from ci.printable import printable, shortened
from ci.reports import terminal
from ci.subject import Subject
from ci.together import together
from ci.verdict import Verdict

_ERROR: Final = 20_000
"""So many characters of why a gate could not be checked are kept in its report."""

Judge = Callable[[Subject], Awaitable[Verdict | None]]
"""Returns what a gate comes to today, None if it is off. Raises CiError if it cannot be told: that is no pass."""


def _of(module: str, **named: str) -> Judge:
    """Return the function `judged` of a module, which is imported when it is called: a call loads its gate alone."""

    async def judged(subject: Subject) -> Verdict | None:
        found: Verdict | None = await import_module(f"ci.{module}").judged(subject, **named)
        return found

    return judged


JUDGED: Final[Mapping[str, Judge]] = {
    **{name: _of("inspection.gate", gate=name) for name in GATES},
    "scan": _of("scan"),
    "secrets": _of("secrets.gate"),
    "docs": _of("docs.gate"),
    "dependencies": _of("dependencies.gate"),
    "licences": _of("licences.gate"),
    "workflows": _of("workflows.gate"),
    "contract": _of("contract.gate"),
    "coverage": _of("coverage.gate"),
}

REPORTED: Final[Mapping[str, Judge]] = {"test": _of("suites"), **JUDGED}
"""What is in a report: the suite's failing tests, too."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a gate came to, in words."""

    text: str
    red: bool


async def passed(subject: Subject, name: str) -> str:
    """Return what a gate says, if it is green or off. Raises GateError with it if it is red, CiError as the gate."""
    judge = change.narrowing(JUDGED[name], await change.find(subject))
    found = await judge(subject)
    text = terminal.render(Outcome(name, found))
    if found is not None and found.faults:
        raise GateError(f"{'; '.join(found.faults)}\n\n{text}\n")
    return f"{text}\n"


async def outcomes(subject: Subject, names: Iterable[str]) -> list[Outcome]:
    """Return what gates come to, run side by side; one that cannot be told stops no other. Raises SelectionError."""
    chosen = {name: _judge(name) for name in names}
    found = await change.find(subject)
    return await together(
        [_outcome(subject, name, change.narrowing(judge, found)) for name, judge in chosen.items()]
    )


async def run(subject: Subject, name: str) -> Result:
    """Run a gate; an error that is its answer is a red result. Raises SelectionError for a name that is none."""
    other = _OTHERS.get(name)
    if other is None:
        outcome = await _outcome(subject, name, _judge(name))
        return Result(f"{terminal.render(outcome)}\n", red=outcome.red)
    try:
        return await other(subject)
    except (CiError, dagger.QueryError) as error:
        return Result(f"{_said(error)}\n", red=True)


def _judge(name: str) -> Judge:
    if name not in REPORTED:
        raise SelectionError(f"{name!r} is no gate", f"There is {', '.join(NAMES)}.")
    return REPORTED[name]


async def _outcome(subject: Subject, name: str, judge: Judge) -> Outcome:
    try:
        return Outcome(name, await judge(subject))
    except (CiError, dagger.QueryError) as error:
        return Outcome(name, error=shortened(printable(_said(error)), _ERROR))


def _said(error: CiError | dagger.QueryError) -> str:
    """Return an error's words; of a command that failed also what it printed."""
    if not isinstance(error, dagger.ExecError):
        return str(error).strip() or type(error).__name__
    command = " ".join(error.command)
    said = f"{error.stdout}\n{error.stderr}".strip()
    return f"exit code {error.exit_code}: {command}\n{said}".strip()


async def _test(subject: Subject) -> Result:
    from ci import suites, table

    summary = (await suites.run(subject.source, subject.selection)).summary
    return Result(f"{table.render(summary)}\n", red=not summary.green)


async def _images(subject: Subject) -> Result:
    from ci import images

    return Result((await images.build(subject.source, subject.git)).table(), red=False)


async def _serve(subject: Subject) -> Result:
    from ci import serving, step

    await step.start("serve", await serving.served(subject.source, subject.git, None))
    return Result("the application starts\n", red=False)


_OTHERS: Final[Mapping[str, Callable[[Subject], Awaitable[Result]]]] = {
    "test": _test,
    "images": _images,
    "serve": _serve,
}
"""The gates whose answers are no findings; a capture runs them too."""

NAMES: Final = (*_OTHERS, *JUDGED)
