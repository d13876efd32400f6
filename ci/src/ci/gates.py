"""The gates by their names: what each comes to, for who calls one, who captures, and who makes one report of all.

A gate whose answer is findings has a function in JUDGED; `check` runs it, and so do reports and captures.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import dagger

from ci import change, images, inspection, scan, serving, step, suites, table
from ci.contract.gate import judged as contract
from ci.coverage.gate import judged as coverage
from ci.dependencies import gate as dependencies
from ci.docs import gate as docs
from ci.errors import CiError, GateError, SelectionError
from ci.inspection.gate import judged as inspected
from ci.licences import gate as licences
from ci.outcome import Outcome
from ci.printable import printable, shortened
from ci.reports import terminal
from ci.secrets import gate as secrets
from ci.subject import Subject
from ci.together import together
from ci.verdict import Verdict
from ci.workflows.gate import judged as workflows_judged

_ERROR: Final = 20_000
"""So many characters of why a gate could not be checked are kept in its report."""

Judge = Callable[[Subject], Awaitable[Verdict | None]]
"""Returns what a gate comes to today, None if it is off. Raises CiError if it cannot be told: that is no pass."""

JUDGED: Final[Mapping[str, Judge]] = {
    **{name: partial(inspected, gate=name) for name in inspection.GATES},
    "scan": scan.judged,
    "secrets": secrets.judged,
    "docs": docs.judged,
    "dependencies": dependencies.judged,
    "licences": licences.judged,
    "workflows": workflows_judged,
    "contract": contract,
    "coverage": coverage,
}

REPORTED: Final[Mapping[str, Judge]] = {"test": suites.judged, **JUDGED}
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
    summary = (await suites.run(subject.source, subject.selection)).summary
    return Result(f"{table.render(summary)}\n", red=not summary.green)


async def _images(subject: Subject) -> Result:
    return Result((await images.build(subject.source, subject.git)).table(), red=False)


async def _serve(subject: Subject) -> Result:
    await step.start("serve", await serving.served(subject.source, subject.git, None))
    return Result("the application starts\n", red=False)


_OTHERS: Final[Mapping[str, Callable[[Subject], Awaitable[Result]]]] = {
    "test": _test,
    "images": _images,
    "serve": _serve,
}
"""The gates whose answers are no findings; a capture runs them too."""

NAMES: Final = (*_OTHERS, *JUDGED)
