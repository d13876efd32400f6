"""Whether a description is one that an engine can have written: a bundle may come from anybody.

What is checked is what readers rely on: layers and services that are named exist, paths stay inside the container,
numbers are in the range of what they count.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from portable_dagger.errors import BundleError
from portable_dagger.graph.values import NetworkProtocol
from portable_dagger.ops.command import ReturnType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portable_dagger.bundle.description import Description, Mount, Place, Port, Step

DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
IMAGE: Final = re.compile(r"(?:step|service)-[1-9][0-9]{0,5}")
KINDS: Final = frozenset({"directory", "file", "cache", "temp", "secret", "socket"})
FILES: Final = frozenset({"directory", "file"})
YEAR_9999: Final = 253_370_764_800
"""When it begins, in seconds since the epoch: later times cannot be shown."""

LARGEST: Final = 2**63 - 1
USERS: Final = 2**32 - 1
PORTS: Final = 2**16
PERMISSIONS: Final = 0o7777


def check(description: Description) -> None:
    """Raise BundleError for a description that no engine writes."""
    _within("created", description.created, YEAR_9999)
    for layer in description.layers:
        _fits("a layer", layer.diff_id, DIGEST)
        _fits("a blob", layer.blob, DIGEST)
        _within("a layer's size", layer.size, LARGEST)
    for blob in description.outputs:
        _fits("a blob", blob, DIGEST)
    layers = {layer.diff_id for layer in description.layers}
    for place in description.places:
        _check_place(place, layers)
    _check_services(description)
    for step in description.steps:
        _check_step(step)
    for service in description.services:
        _check_ports(service.ports)


def _check_step(step: Step) -> None:
    _one_of("a step's kind", step.kind, ("exec", "service"))
    _one_of("what a step expects", step.expect, ReturnType.__members__)
    _within("a step's start", step.started, YEAR_9999)
    _within("a step's duration", step.duration, LARGEST)
    for limit in (step.memory, step.processes):
        _within("a limit", limit if limit is not None else 1, LARGEST, 1)
    if step.source:
        _check_path("the source", step.source)
    _check_ports(step.ports)


def _check_place(place: Place, layers: set[str]) -> None:
    _fits("an image", place.image, IMAGE)
    if not place.args:
        raise _odd("a command without words")
    for diff_id in place.root:
        _one_of("a layer", diff_id, layers)
    for mount in place.mounts:
        _check_mount(mount, layers)


def _check_mount(mount: Mount, layers: set[str]) -> None:
    _one_of("a mount's kind", mount.kind, KINDS)
    _check_path("a mount", mount.target)
    if mount.target == "/":
        raise _odd("a mount instead of the root file system")
    _check_text("a name", mount.name)
    if mount.kind in FILES:
        _one_of("a mount's content", mount.content, layers)
        _check_path("a mount's content", mount.path)
    for number in mount.owner:
        _within("an owner", number, USERS - 1)
    _within("a mode", mount.mode, PERMISSIONS)
    _within("a size", mount.size or 0, LARGEST)


def _check_ports(ports: Iterable[Port]) -> None:
    for port in ports:
        _within("a port", port.port, PORTS - 1, 1)
        _one_of("a protocol", port.protocol, NetworkProtocol.__members__)


def _check_services(description: Description) -> None:
    """Check that services need no service that needs them."""
    needs = {
        service.name: {name for _, name in service.place.services}
        for service in description.services
    }
    for place in description.places:
        for _, name in place.services:
            _one_of("a service", name, needs)
    while needs:
        ready = {name for name, needed in needs.items() if not needed & needs.keys()}
        if not ready:
            raise _odd(f"services that need each other: {', '.join(sorted(needs))}")
        needs = {name: needed for name, needed in needs.items() if name not in ready}


def _check_path(what: str, path: str) -> None:
    if not path.startswith("/") or ".." in path.split("/") or "\0" in path:
        raise _odd(f"{what} at {path!r}, which is no path in a container")
    if path != posixpath.normpath(path).replace("//", "/"):
        raise _odd(f"{what} at {path!r}, which is no plain path")


def _check_text(what: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _odd(f"{text!r} as {what}") from None


def _within(what: str, number: float, most: float, least: float = 0) -> None:
    # No comparison with a float that is no number is true.
    if not least <= number <= most:
        raise _odd(f"{number} as {what}")


def _fits(what: str, text: str, form: re.Pattern[str]) -> None:
    if not form.fullmatch(text):
        raise _odd(f"{text[:100]!r} as {what}")


def _one_of(what: str, text: str, known: Iterable[str]) -> None:
    if text not in known:
        raise _odd(f"{text[:100]!r} as {what}")


def _odd(what: str) -> BundleError:
    return BundleError(
        f"the bundle's description has {what}",
        "no engine writes such a one: get the file again, from somebody whom you trust",
    )
