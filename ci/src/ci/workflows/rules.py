"""What this module itself asks of workflows: a rule is a function that yields what breaks it; RULES has them all.

To add one: write it, name it there, describe it in docs/reference/gates.md, and give tests/ci/workflows a copy that
breaks it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from ci.findings import Finding, Kind, Severity
from ci.inspection.linter import TARGET
from ci.workflows import command, route
from ci.workflows.interface import Interface
from ci.workflows.settings import FOLDER, NAME
from ci.workflows.workflow import Job, Run, Workflow

_REFERENCE: Final = re.compile(r"\$\{\{\s*((?:matrix|inputs)\.[\w-]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Subject:
    """What rules look at. also_called: functions that are no checks, and that some job has to call all the same."""

    workflows: tuple[Workflow, ...]
    interface: Interface
    also_called: tuple[str, ...] = ()


Rule = Callable[[Subject], Iterable[Finding]]


def judge(subject: Subject) -> tuple[Finding, ...]:
    """Return what all rules find."""
    return tuple(dict.fromkeys(finding for rule in RULES for finding in rule(subject)))


def one_line(subject: Subject) -> Iterator[Finding]:
    """Ask for steps of one line: what takes more is a function's, which runs everywhere."""
    for workflow, _, run in _runs(subject):
        if "\n" in run.text:
            says = f"`run` has {len(run.text.splitlines())} lines"
            yield _finding("long-run", workflow, run.line, says, "make it a function, and call it")


def call_something(subject: Subject) -> Iterator[Finding]:
    """Ask for a call of a function of the module in each job."""
    for workflow in subject.workflows:
        for job in workflow.jobs:
            # A job made of another workflow calls what that one calls.
            if not job.reused and not any(_calls(workflow, job, run) for run in job.runs):
                says = f"the job {job.id} calls no function of the module"
                yield _finding("no-call", workflow, job.line, says, "call one: `./dagger call …`")


def call_what_there_is(subject: Subject) -> Iterator[Finding]:
    """Ask that what a job calls exists, and takes the arguments that it is given."""
    for workflow, job, run in _runs(subject):
        for call in _calls(workflow, job, run):
            for fault in route.follow(call, subject.interface).faults:
                yield _finding(fault.rule, workflow, run.line, fault.message, fault.remedy)


def call_every_gate(subject: Subject) -> Iterator[Finding]:
    """Ask for a job that calls each check of the module, and what the settings name beside them."""
    called = {
        name
        for workflow, job, run in _runs(subject)
        for call in _calls(workflow, job, run)
        for name in route.follow(call, subject.interface).names
    }
    for name in dict.fromkeys((*subject.interface.checks, *subject.also_called)):
        if name not in called:
            yield Finding(
                kind=Kind.WORKFLOW,
                id="uncalled-gate",
                severity=Severity.HIGH,
                target=TARGET,
                path=FOLDER,
                message=f"no job calls {name!r}",
                remedy="call it in a job, or no push and no pull request is held against it",
                tool=NAME,
            )


def limit_time(subject: Subject) -> Iterator[Finding]:
    """Ask for an end of jobs that hang: GitHub's own limit is six hours."""
    for workflow in subject.workflows:
        for job in workflow.jobs:
            if not job.reused and not job.timeout:
                says = f"the job {job.id} has no timeout-minutes"
                yield _finding("no-timeout", workflow, job.line, says, "give it timeout-minutes")


RULES: Final[tuple[Rule, ...]] = (
    one_line,
    call_something,
    call_what_there_is,
    call_every_gate,
    limit_time,
)


def _runs(subject: Subject) -> Iterator[tuple[Workflow, Job, Run]]:
    for workflow in subject.workflows:
        for job in workflow.jobs:
            for run in job.runs:
                yield workflow, job, run


def _calls(workflow: Workflow, job: Job, run: Run) -> list[command.Call]:
    """Return the calls of this repository's module, for each value of the matrix and each choice of an input."""
    found = []
    for values in _alternatives(workflow, job, run):
        env = {name: _filled(text, values) for name, text in run.env.items()}
        found += command.calls(_filled(run.text, values), env)
    return [call for call in dict.fromkeys(found) if call.module in {"", "."}]


def _alternatives(workflow: Workflow, job: Job, run: Run) -> Iterator[Mapping[str, str]]:
    texts = " ".join((run.text, *run.env.values()))
    used = {name.partition(".")[2] for name in _REFERENCE.findall(texts)}
    choices = {
        name: given["options"].texts()
        for name, given in workflow.inputs().items()
        if name in used and given["options"].items
    }
    for combination, chosen in product(job.combinations(), product(*choices.values())):
        yield {
            **{f"matrix.{name}": text for name, text in combination.items()},
            **{f"inputs.{name}": text for name, text in zip(choices, chosen, strict=True)},
        }


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda found: values.get(found[1], found[0]), text)


def _finding(rule: str, workflow: Workflow, line: int, message: str, remedy: str) -> Finding:
    return Finding(
        kind=Kind.WORKFLOW,
        id=rule,
        severity=Severity.HIGH,
        target=TARGET,
        path=workflow.path,
        line=line,
        message=message,
        remedy=remedy,
        tool=NAME,
    )
