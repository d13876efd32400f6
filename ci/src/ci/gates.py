"""The gates by their names: what each comes to, for who calls one, who captures, and who makes one report of all.

A gate whose answer is findings has a function in JUDGED; `check` runs it, and so do reports and captures.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import dagger
from dagger import dag

from ci import images, inspection, scan, serving, step, suites, table
from ci.errors import CiError, GateError, SelectionError
from ci.inspection.gate import judged as inspected
from ci.reports import directory
from ci.settings import FILE, TABLE
from ci.subject import Subject
from ci.verdict import Verdict

OFF: Final = f"off: {FILE} has no [{TABLE}.{{name}}]\n"

Judge = Callable[[Subject], Awaitable[Verdict | None]]
"""Returns what a gate comes to today, None if it is off. Raises CiError if it cannot be told: that is no pass."""

JUDGED: Final[Mapping[str, Judge]] = {
    **{name: partial(inspected, gate=name) for name in inspection.GATES},
    "scan": scan.judged,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What a gate came to, in words."""

    text: str
    red: bool


async def passed(subject: Subject, name: str) -> str:
    """Return what a gate says, if it is green or off. Raises GateError with it if it is red."""
    found = await JUDGED[name](subject)
    if found is None:
        return OFF.format(name=name)
    if found.faults:
        raise GateError(f"{'; '.join(found.faults)}\n\n{found.table()}\n")
    return f"{found.table()}\n"


async def report(subject: Subject, names: Iterable[str]) -> dagger.Directory:
    """Return a folder for each gate that is not off, with its findings; red ones too."""
    made = dag.directory()
    for name in names:
        found = await _judge(name)(subject)
        if found is not None:
            made = made.with_directory(name, directory.render(found))
    return made


async def run(subject: Subject, name: str) -> Result:
    """Run a gate; an error that is its answer is a red result. Raises SelectionError for a name that is none."""
    gate = _OTHERS.get(name) or partial(_result, name=name, judge=_judge(name))
    try:
        return await gate(subject)
    except dagger.ExecError as error:
        command = " ".join(error.command)
        said = f"{error.stdout}\n{error.stderr}".strip()
        return Result(f"exit code {error.exit_code}: {command}\n{said}\n", red=True)
    except (CiError, dagger.QueryError) as error:
        return Result(f"{error}\n", red=True)


def _judge(name: str) -> Judge:
    if name not in JUDGED:
        raise SelectionError(f"{name!r} is no gate", f"There is {', '.join(NAMES)}.")
    return JUDGED[name]


async def _result(subject: Subject, name: str, judge: Judge) -> Result:
    found = await judge(subject)
    if found is None:
        return Result(OFF.format(name=name), red=False)
    return Result(f"{found.table()}\n", red=bool(found.faults))


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
