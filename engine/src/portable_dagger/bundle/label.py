"""The label of a step's image, for readers that have nothing but the image; see docs/reference/bundles.md."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.bundle.fingerprint import is_cut, observed
from portable_dagger.bundle.images import bound
from portable_dagger.bundle.junit import failed
from portable_dagger.images.config import merge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from portable_dagger.bundle.description import Description, Place, Port, Step
    from portable_dagger.bundle.fingerprint import Observed
    from portable_dagger.bundle.images import Image

LABEL: Final = "org.portable-ci.step"
LAST_LINES: Final = 200
LAST_SIZE: Final = 64 * 2**10
"""Characters of the last lines: with more, the label goes without them."""


def labelled(image: Image, description: Description, read: Callable[[str], bytes]) -> Image:
    """Return the image with what it takes to run its step again; a service's image is returned as it is.

    read: gives the content of a blob that the description names.
    """
    for step in description.steps:
        if step.place.image == image.name:
            label = json.dumps(told(step, description, read), sort_keys=True)
            labels = merge(image.config.labels, [(LABEL, label)])
            config = dataclasses.replace(image.config, labels=labels)
            return dataclasses.replace(image, config=config)
    return image


def told(step: Step, description: Description, read: Callable[[str], bytes]) -> dict[str, Any]:
    """Return what a step's label says."""
    seen = observed(step.outcome, read)
    tests = failed(seen.reports) or {}
    return {
        "format": description.format,
        "name": step.name,
        "kind": step.kind,
        **_run(step.place),
        "expect": step.expect,
        "exit_code": step.outcome.exit_code,
        "error": step.outcome.error,
        "failing": list(tests),
        "reasons": {name: failure.message for name, failure in tests.items()},
        "reports": [report.path for report in step.outcome.reports],
        **_ending(step, seen),
        "source": step.source,
        "stdin": read(step.stdin).decode(errors="replace") if step.stdin else "",
        "redirects": list(step.redirects),
        "hostname": step.hostname,
        "ports": _ports(step.ports),
        "definitions": {
            service.name: {
                **_run(service.place),
                "image": service.place.image,
                "hostname": service.hostname,
                "ports": _ports(service.ports),
            }
            for service in bound(step.place, description)
        },
    }


def _run(place: Place) -> dict[str, Any]:
    mounted = {mount.target: mount.name for mount in place.mounts if mount.kind == "secret"}
    return {
        "args": list(place.args),
        "environment": dict(place.environment),
        "secrets": dict(place.secrets) | mounted,
        "services": dict(place.services),
        "privileged": place.privileged,
        "init": place.init,
    }


def _ports(ports: Iterable[Port]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(port) for port in ports]


def _ending(step: Step, seen: Observed) -> dict[str, Any]:
    """Return the last lines of the output, unless they are never quite the same, or long."""
    lines = seen.output.splitlines()[-LAST_LINES:]
    if step.kind != "exec" or is_cut(seen.exit_code) or sum(map(len, lines)) > LAST_SIZE:
        return {}
    return {"last_lines": lines}
