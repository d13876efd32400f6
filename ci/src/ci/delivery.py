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
from ci.registries import Registry
from ci.revision import Tags

_LAYOUT: Final = "/layout"
_PLAN: Final = "/plan.json"
_AUTH: Final = "/run/secrets/auth"
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


async def push(
    layout: dagger.Directory,
    registries: Sequence[Registry],
    services: Mapping[str, dagger.Service],
    indexes: Sequence[Tagged],
    auth: dagger.Secret | None,
    now: str,
) -> list[str]:
    """Push a layout; return the references of the indexes, one for each registry and tag.

    `now` makes each run ask the registries anew. Raises PublishError, saying where each registry stands, when not all
    have everything.
    """
    container = reaching(program.container("push"), services, auth)
    arguments = [f"--layout={_LAYOUT}", f"--plan={_PLAN}", *auth_option(auth)]
    try:
        answer = json.loads(
            await container.with_mounted_directory(_LAYOUT, layout)
            .with_mounted_file(_PLAN, dag.file("plan.json", plan(registries, indexes)))
            .with_env_variable("NOW", now)
            .with_exec(arguments, use_entrypoint=True)
            .stdout()
        )
    except dagger.ExecError as error:
        raise PublishError(f"nothing was pushed: {error.stderr.strip()}") from error
    outcomes = answer["registries"]
    print(table(outcomes))
    if any(outcome["state"] != _PUSHED for outcome in outcomes):
        raise PublishError(f"not every registry has the images\n\n{table(outcomes)}\n{faults(outcomes)}")
    return references(registries, indexes)


def reaching(
    container: dagger.Container,
    services: Mapping[str, dagger.Service],
    auth: dagger.Secret | None,
) -> dagger.Container:
    """Return a container that reaches registries: services by their aliases, others with the logins."""
    for alias, service in services.items():
        container = container.with_service_binding(alias, service)
    return container if auth is None else container.with_mounted_secret(_AUTH, auth)


def auth_option(auth: dagger.Secret | None) -> list[str]:
    """Return the option that names the mounted logins."""
    return [] if auth is None else [f"--auth={_AUTH}"]


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
