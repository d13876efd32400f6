"""What an event would call, as a shell script: the calls of the module, without what only the code host has. Pure."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from ci.errors import ReportError, SelectionError
from ci.findings import Finding
from ci.workflows import EVENTS, command, expression
from ci.workflows.event import TEMPORARY, Event
from ci.workflows.operators import Undecided, Value
from ci.workflows.workflow import Job, Run, Workflow

HEAD: Final = """\
# What the event {event} on {branch} calls, from the workflow files. Left out: checkout, caches and uploads,
# which only GitHub has. Filters by paths are not looked at.
CI_LOCAL=${{CI_LOCAL:-$(mktemp -d)}}
"""
JOB: Final = "# job: "
"""Begins the line before a command: the file, the job and its matrix."""

_HOST: Final = re.compile(r"\$\{?((?:GITHUB|RUNNER|ACTIONS)_\w+)")
_HERE: Final = frozenset({"RUNNER_TEMP"})
"""Variables of GitHub that there are elsewhere, too."""

_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
"""The name of a variable; whatever else stands there, the shell would run."""


def event(name: str, branch: str, inputs: Iterable[str]) -> Event:
    """Return the event of a command line. Raises SelectionError for a name that is none, an input without `=`."""
    if name not in EVENTS:
        raise SelectionError(f"{name!r} is no event", f"There is {', '.join(EVENTS)}.")
    given = {}
    for text in inputs:
        key, equals, value = text.partition("=")
        if not equals:
            raise SelectionError(f"the input {text!r} has no value", "Give it as NAME=VALUE.")
        given[key] = value
    return Event(name, branch, given)


def selected(
    workflows: Iterable[Workflow], broken: Iterable[Finding], names: Iterable[str]
) -> list[Workflow]:
    """Return the workflows of these files, all without names.

    Raises SelectionError for a file that there is not, ReportError for one that cannot be read, whichever is asked for.
    """
    for finding in broken:
        raise ReportError(f"{finding.place}: {finding.message}", finding.remedy)
    there = {PurePosixPath(each.path).name: each for each in workflows}
    for name in names:
        if name not in there:
            raise SelectionError(f"{name!r} is no workflow", f"There is {', '.join(there)}.")
    return [there[name] for name in names] or list(there.values())


def script(event: Event, workflows: Iterable[Workflow]) -> str:
    """Return the calls of all workflows that an event starts, each on a line below its job's name."""
    parts = [HEAD.format(event=event.name, branch=event.branch)]
    started = [workflow for workflow in workflows if event.starts(workflow)]
    parts += [line for workflow in started for line in _workflow(event, workflow)]
    if not started:
        parts.append("# no workflow is started\n")
    return "\n".join(parts)


def _workflow(event: Event, workflow: Workflow) -> Iterator[str]:
    known = event.known(workflow)
    for job in workflow.jobs:
        for values in job.combinations():
            matrix = {f"matrix.{name}": text for name, text in values.items()}
            suffix = "".join(f" {name}={text}" for name, text in values.items())
            # What is not on the comment's line is a line of the script.
            name = " ".join(f"{PurePosixPath(workflow.path).name} {job.id}{suffix}".split())
            yield from _job(name, job, {**known, **matrix})


def _job(name: str, job: Job, known: Mapping[str, Value]) -> Iterator[str]:
    if job.reused:
        yield _left_out(name, f"it is made of {job.reused}")
        return
    for run in job.runs:
        try:
            if not expression.condition(job.condition, known):
                yield _left_out(name, f"the condition does not hold: {job.condition}")
                return
            if expression.condition(run.condition, known):
                yield _call(name, run, known)
        except Undecided as missing:
            yield _left_out(name, f"{run.text}: not known here: {missing}")


def _call(name: str, run: Run, known: Mapping[str, Value]) -> str:
    if "\n" in run.text:
        return _left_out(name, "more than one line, which the gate `workflows` refuses")
    if not command.calls(run.text, {}):
        return _left_out(name, f"{run.text}: it calls no function")
    line = expression.fill(run.text, known)
    if "\n" in line:
        return _left_out(name, f"{line}: more than one line")
    env = {variable: expression.fill(text, known) for variable, text in run.env.items()}
    for variable in env:
        if not _NAME.fullmatch(variable):
            return _left_out(name, f"{line}: {variable!r} is no name of a variable")
    for variable in _HOST.findall(line):
        if variable not in _HERE and variable not in env:
            raise Undecided(variable)
    # A variable before the command would not be there yet where the command's words name it.
    given = "".join(f" {variable}={_quoted(text)}" for variable, text in env.items())
    folder = re.sub(r"[^\w.=-]+", "-", name)
    temporary = f'export RUNNER_TEMP="$CI_LOCAL/{folder}"{given}; mkdir -p "$RUNNER_TEMP"'
    return f"{JOB}{name}\n({temporary}; {line})\n"


def _quoted(text: str) -> str:
    """Return a value as a word of the shell, which replaces the folder's variable in it and nothing else."""
    parts = [shlex.quote(part) if part else "" for part in text.split(TEMPORARY)]
    return f'"{TEMPORARY}"'.join(parts) or "''"


def _left_out(name: str, why: str) -> str:
    said = " ".join(why.split())
    return f"# left out: {name}: {said}\n"
