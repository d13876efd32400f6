"""The folder with the workflows of a source: which files there are, and what they say."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import dagger

from ci import known, program
from ci.errors import SettingsError
from ci.findings import Finding, Kind, Severity
from ci.inspection.linter import SOURCE, TARGET
from ci.workflows import node, workflow
from ci.workflows.settings import FOLDER, NAME, WorkflowSettings
from ci.workflows.workflow import Workflow

NO_YAML: Final = "no-yaml"
"""The rule of a file that is no YAML."""

ACTIONS: Final = ("**/action.yml", "**/action.yaml")
SEEN: Final = (".github/**", *ACTIONS)
"""What workflows, the tools' settings and the source's own actions are in: edits of all else run nothing again."""

_OUTPUT: Final = "/lines.json"


@dataclass(frozen=True, slots=True)
class Folder:
    """Workflows, and the paths of all files of them and of actions.

    composite: the actions with what they run, those that are no YAML left out: zizmor tells of them. findings: of the
    files that are no YAML, which are not among the workflows.
    """

    seen: dagger.Directory
    paths: tuple[str, ...]
    actions: tuple[str, ...]
    workflows: tuple[Workflow, ...]
    composite: tuple[Workflow, ...]
    findings: tuple[Finding, ...]

    @property
    def readable(self) -> tuple[str, ...]:
        """The paths of the files that are YAML, as far as this module looks at them, and of actions."""
        return (*(each.path for each in self.workflows), *self.actions)


async def read(source: dagger.Directory) -> Folder:
    """Return a source's workflows. Raises SettingsError where there are none."""
    seen = known.once(source.filter(include=[*SEEN]))
    found = [path for end in ("yml", "yaml") for path in await seen.glob(f"{FOLDER}/*.{end}")]
    paths = tuple(sorted(found))
    if not paths:
        raise SettingsError(
            f"[{WorkflowSettings.table}] has nothing to look at: {FOLDER} holds no workflow",
            "Leave the table out, or add the workflows.",
        )
    actions = await _actions(seen)
    reader = (
        (await program.container("yaml_lines"))
        .with_mounted_directory(SOURCE, seen.filter(include=[f"{FOLDER}/*", *ACTIONS]))
        .with_workdir(SOURCE)
        .with_exec([f"--output={_OUTPUT}", "--", *paths, *actions], use_entrypoint=True)
    )
    documents = json.loads(await reader.file(_OUTPUT).contents())
    workflows, findings = parse(paths, documents)
    composite = tuple(
        workflow.action(path, node.read(documents[path]))
        for path in actions
        if "error" not in documents[path]
    )
    return Folder(seen, paths, actions, workflows, composite, findings)


async def _actions(seen: dagger.Directory) -> tuple[str, ...]:
    return tuple(sorted([path for name in ACTIONS for path in await seen.glob(name)]))


def parse(
    paths: Iterable[str], documents: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[Workflow, ...], tuple[Finding, ...]]:
    """Return the workflows of what the program yaml_lines writes, and a finding for each file that is no YAML."""
    workflows, findings = [], []
    for path in paths:
        document = documents[path]
        if "error" in document:
            findings.append(_broken(path, document))
        else:
            workflows.append(workflow.read(path, node.read(document)))
    return tuple(workflows), tuple(findings)


def _broken(path: str, document: Mapping[str, Any]) -> Finding:
    return Finding(
        kind=Kind.WORKFLOW,
        id=NO_YAML,
        severity=Severity.HIGH,
        target=TARGET,
        path=path,
        line=document["line"],
        message=f"it is no YAML: {document['error']}",
        remedy="mend the file: none of its jobs would run",
        tool=NAME,
    )
