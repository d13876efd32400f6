"""The delivery of a layout to registries: who gets what under which tags, and where each registry stands afterwards."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import dagger
from dagger import dag

from ci import program
from ci.columns import columns
from ci.errors import PublishError
from ci.layout import Layout
from ci.progress import progress
from ci.registries import Reach, Registry
from ci.revision import Tags

_LAYOUT: Final = "/layout"
_PLAN: Final = "/plan.json"
_PUSHED: Final = "pushed"
_MEGABYTE: Final = 1e6


@dataclass(frozen=True, slots=True)
class Tagged:
    """An index to deliver, and its tags."""

    variant: str
    digest: str
    tags: Tags


def plan(registries: Sequence[Registry], indexes: Sequence[Tagged]) -> str:
    """Return the plan of the program `push`."""
    return json.dumps(
        {
            "registries": [
                {"repository": registry.repository, "address": registry.address}
                for registry in registries
            ],
            "images": [
                {"digest": each.digest, "tags": each.tags.fixed, "moving": each.tags.moving}
                for each in indexes
            ],
        }
    )


async def push(layout: Layout, reach: Reach, indexes: Sequence[Tagged]) -> list[str]:
    """Push a layout; return the references of the indexes, one for each registry and tag.

    Raises PublishError, saying where each registry stands, when not all have everything.
    """
    made = plan(reach.registries, indexes)
    arguments = [f"--layout={_LAYOUT}", f"--plan={_PLAN}", *reach.arguments()]
    try:
        answer = json.loads(
            await layout.mounted(reach.bound(await program.container("push")), _LAYOUT)
            .with_mounted_file(_PLAN, dag.file("plan.json", made))
            .with_exec(arguments, use_entrypoint=True)
            .stdout()
        )
    except dagger.ExecError as error:
        raise PublishError(f"nothing was pushed: {error.stderr.strip()}") from error
    outcomes = answer["registries"]
    shown = table(outcomes)
    if any(outcome["state"] != _PUSHED for outcome in outcomes):
        raise PublishError(f"not every registry has the images\n\n{shown}\n{faults(outcomes)}")
    progress(shown)
    return references(reach.registries, indexes)


def references(registries: Sequence[Registry], indexes: Sequence[Tagged]) -> list[str]:
    """Return a reference with tag and digest for each registry, index and tag."""
    return [
        f"{registry.repository}:{tag}@{index.digest}"
        for registry in registries
        for index in indexes
        for tag in (*index.tags.fixed, *index.tags.moving)
    ]


def table(outcomes: Sequence[Mapping[str, Any]]) -> str:
    """Return where each registry stands, a line for each."""
    rows = [("Registry", "State", "Blobs sent", "there", "Sent", "Tags set", "there")]
    rows += [
        (
            outcome["repository"],
            outcome["state"],
            str(outcome["blobs_uploaded"]),
            str(outcome["blobs_present"]),
            f"{outcome['bytes_uploaded'] / _MEGABYTE:.1f} MB",
            str(len(outcome["tags_set"])),
            str(len(outcome["tags_present"])),
        )
        for outcome in outcomes
    ]
    return columns(rows)


def faults(outcomes: Sequence[Mapping[str, Any]]) -> str:
    """Return what went wrong at each registry where something did, and what is tagged nevertheless."""
    lines = []
    for outcome in outcomes:
        if outcome["error"]:
            lines.append(f"\n{outcome['repository']}: {outcome['error']}")
        if outcome["state"] != _PUSHED and outcome["tags_set"]:
            lines.append(f"\n{outcome['repository']} has the tags {', '.join(outcome['tags_set'])}")
    return "\n".join(lines)
