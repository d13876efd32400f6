"""Workflows as this module reads them: events, jobs, and the command lines that their steps run.

What it names follows GitHub's "Workflow syntax for GitHub Actions".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from ci.workflows.node import Node

STRATEGY = "strategy"


@dataclass(frozen=True, slots=True)
class Run:
    """A step that runs a command line.

    env: of the workflow, the job and the step, the nearest one's value. lenient: where it fails, the job goes on, or
    the workflow does.
    """

    line: int
    text: str
    condition: str
    env: Mapping[str, str]
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A job. reused: the workflow that it is made of, "" where it has steps of its own."""

    id: str
    line: int
    condition: str
    reused: str
    runs: tuple[Run, ...]
    timeout: bool
    matrix: Node

    def combinations(self) -> list[Mapping[str, str]]:
        """Return what `matrix.NAME` comes to in each run of the job; one without values where it has no matrix.

        Items of `include` that extend a combination or are one, and `exclude`, as GitHub has them; a matrix that an
        expression gives is not known here, and has none.
        """
        axes = {
            name: [item.text for item in value.items]
            for name, value in self.matrix.fields.items()
            if name not in {"include", "exclude"}
        }
        excluded = [item.words() for item in self.matrix["exclude"].items]
        found = [
            dict(zip(axes, values, strict=True)) for values in product(*axes.values()) if values
        ]
        found = [each for each in found if not any(one.items() <= each.items() for one in excluded)]
        extra = []
        for item in self.matrix["include"].items:
            words = item.words()
            own = {name: text for name, text in words.items() if name in axes}
            extended = [each for each in found if own.items() <= each.items()]
            for each in extended:
                each.update(words)
            if not extended:
                extra.append(dict(words))
        return [*found, *extra] or [{}]


@dataclass(frozen=True, slots=True)
class Workflow:
    """A file: its events with their filters, its inputs when it is called by hand, its jobs."""

    path: str
    name: str
    events: Mapping[str, Node]
    jobs: tuple[Job, ...]

    def inputs(self) -> Mapping[str, Node]:
        """Return what a person may give (`workflow_dispatch`)."""
        return self.events.get("workflow_dispatch", Node(0))["inputs"].fields


def read(path: str, node: Node) -> Workflow:
    """Return the workflow of a file; what is not there, or is no workflow's, is left out."""
    on = node["on"]
    events = dict(on.fields) or {text: Node(on.line) for text in on.texts()}
    env = node["env"].words()
    jobs = tuple(_job(name, line, value, env) for name, line, value in node.under("jobs"))
    return Workflow(path, node["name"].text or path, events, jobs)


def action(path: str, node: Node) -> Workflow:
    """Return a composite action as a workflow that no event starts: a job with its `runs.steps`.

    Source: GitHub's "Metadata syntax". One that is not composite, or is no action at all, runs nothing.
    """
    runs = node["runs"]
    return Workflow(path, node["name"].text or path, {}, (_job("", runs.line, runs, {}),))


def _job(name: str, line: int, node: Node, env: Mapping[str, str]) -> Job:
    return Job(
        id=name,
        line=line,
        condition=node["if"].text,
        reused=node["uses"].text,
        runs=tuple(_runs(node, {**env, **node["env"].words()})),
        timeout="timeout-minutes" in node,
        matrix=node[STRATEGY]["matrix"],
    )


def _runs(node: Node, env: Mapping[str, str]) -> Iterator[Run]:
    for step in node["steps"].items:
        if "run" in step:
            line = step.keys["run"]
            # A line break at the end is that of the block, not a second line.
            text = step["run"].text.rstrip("\n")
            lenient = any(
                each["continue-on-error"].text not in {"", "false"} for each in (node, step)
            )
            yield Run(line, text, step["if"].text, {**env, **step["env"].words()}, lenient)
