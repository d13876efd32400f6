"""What this module itself asks of workflows: a rule is a function that yields what breaks it; RULES has them all.

To add one: write it, name it there, describe it in docs/reference/gates.md, and give tests/ci/workflows a copy that
breaks it.
"""

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from ci.findings import Finding, Kind, Severity
from ci.inspection.linter import TARGET
from ci.workflows import DISPATCH, PULL_REQUEST, PUSH, command, expression, route
from ci.workflows.interface import Interface
from ci.workflows.operators import Undecided
from ci.workflows.settings import FOLDER, NAME
from ci.workflows.workflow import Job, Run, Workflow

_REFERENCE: Final = re.compile(r"\$\{\{\s*((?:matrix|inputs)\.[\w-]+)\s*\}\}")

_CHANGES: Final = frozenset({PUSH, PULL_REQUEST, "pull_request_target", "merge_group"})
"""The events of a change: what they do not call, no change is held against."""

_ASKING: Final = frozenset({"-h", "--help", "-l", "--list"})
"""Options with which nothing is run."""

_ASKED: Final = frozenset({DISPATCH, "repository_dispatch", "workflow_call"})
"""The events that somebody has to bring about."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What rules look at.

    also_called: functions that are no checks, and that some job has to call all the same. actions: composite ones, as
    workflows that nothing starts; what a job runs by them calls no gate.
    """

    workflows: tuple[Workflow, ...]
    interface: Interface
    also_called: tuple[str, ...] = ()
    actions: tuple[Workflow, ...] = ()


Rule = Callable[[Subject], Iterable[Finding]]


def judge(subject: Subject) -> tuple[Finding, ...]:
    """Return what all rules find."""
    return tuple(dict.fromkeys(finding for rule in RULES for finding in rule(subject)))


def one_line(subject: Subject) -> Iterator[Finding]:
    """Ask for steps of one line: what takes more is a function's, which runs everywhere."""
    for workflow, _, run in _runs((*subject.workflows, *subject.actions)):
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
    """Ask that what a job or an action calls exists, and takes the arguments that it is given."""
    for workflow, job, run in _runs((*subject.workflows, *subject.actions)):
        for call in _calls(workflow, job, run):
            for fault in route.follow(call, subject.interface).faults:
                yield _finding(fault.rule, workflow, run.line, fault.message, fault.remedy)


def call_every_gate(subject: Subject) -> Iterator[Finding]:
    """Ask for a job that calls each check at a change, and, at some event, what the settings name beside them."""
    at_changes = _called(subject, _CHANGES)
    events = {name for workflow in subject.workflows for name in workflow.events}
    by_itself = _called(subject, events - _ASKED)
    for name in dict.fromkeys((*subject.interface.checks, *subject.also_called)):
        check = name in subject.interface.checks
        if name not in (at_changes if check else by_itself):
            when = "at a push or a pull request" if check else "unless somebody asks for it"
            yield Finding(
                kind=Kind.WORKFLOW,
                id="uncalled-gate",
                severity=Severity.HIGH,
                target=TARGET,
                path=FOLDER,
                message=f"no job calls {name!r} {when}",
                remedy="call it in a job, or no push and no pull request is held against it",
                tool=NAME,
            )


def _called(subject: Subject, events: Collection[str]) -> set[str]:
    """Return the functions that jobs call at one of these events, so that the job fails where they do."""
    started = {
        workflow.path: workflow for workflow in subject.workflows if _at(workflow.events, events)
    }
    waiting = list(started.values())
    while waiting:
        reused = {posixpath.normpath(job.reused) for job in waiting.pop().jobs if job.reused}
        for workflow in subject.workflows:
            if workflow.path in reused and workflow.path not in started:
                started[workflow.path] = workflow
                waiting.append(workflow)
    return {
        name
        for workflow, job, run in _runs(subject.workflows)
        if workflow.path in started
        and not (run.lenient or command.lenient(run.text))
        and _may_run((job.condition, run.condition), _at(workflow.events, events) or [*events])
        # What somebody chooses is chosen at no other event.
        for call in _calls(workflow, job, run, chosen=False)
        if _ASKING.isdisjoint(call.words)
        for name in route.follow(call, subject.interface).names
    }


def _at(own: Iterable[str], events: Collection[str]) -> list[str]:
    return [name for name in own if name in events]


def _may_run(conditions: Iterable[str], events: Iterable[str]) -> bool:
    """Return whether conditions may hold at one of these events, as far as the file tells."""

    def may(condition: str, event: str) -> bool:
        try:
            return expression.condition(condition, {"github.event_name": event})
        except Undecided:
            return True

    conditions = tuple(conditions)
    return any(all(may(condition, event) for condition in conditions) for event in events)


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


def _runs(workflows: Iterable[Workflow]) -> Iterator[tuple[Workflow, Job, Run]]:
    for workflow in workflows:
        for job in workflow.jobs:
            for run in job.runs:
                yield workflow, job, run


def _calls(workflow: Workflow, job: Job, run: Run, *, chosen: bool = True) -> list[command.Call]:
    """Return the calls of this repository's module, for each value of the matrix and, if `chosen`, of each input."""
    found = []
    for values in _alternatives(workflow, job, run, chosen=chosen):
        env = {name: _filled(text, values) for name, text in run.env.items()}
        found += command.calls(_filled(run.text, values), env)
    return [call for call in dict.fromkeys(found) if call.module in {"", "."}]


def _alternatives(
    workflow: Workflow, job: Job, run: Run, *, chosen: bool
) -> Iterator[Mapping[str, str]]:
    texts = " ".join((run.text, *run.env.values()))
    used = {name.partition(".")[2] for name in _REFERENCE.findall(texts)}
    choices = {
        name: given["options"].texts()
        for name, given in workflow.inputs().items()
        if chosen and name in used and given["options"].items
    }
    for combination, inputs in product(job.combinations(), product(*choices.values())):
        yield {
            **{f"matrix.{name}": text for name, text in combination.items()},
            **{f"inputs.{name}": text for name, text in zip(choices, inputs, strict=True)},
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
