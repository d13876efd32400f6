"""What a bundle says of its run: steps, services, host. Pure data and its JSON, see docs/reference/bundles.md.

A layer is named by its `diff_id`, the digest of its uncompressed tar, as in an image's configuration.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Final

from portable_dagger.errors import BundleError

FORMAT: Final = 1
"""Raised when a reader of the earlier format would misread; fields may come without that."""


@dataclass(frozen=True, slots=True)
class Mount:
    """What is mounted at `target`.

    kind: directory, file, cache, temp, secret or socket. The content of a directory or file is the layer `content`,
    at the path `target` there. name: of the secret or cache volume. size: of a temp mount, in bytes.
    """

    target: str
    kind: str
    content: str = ""
    path: str = ""
    """Where the content is in its layer: the target with links followed."""

    read_only: bool = False
    name: str = ""
    owner: tuple[int, int] = (0, 0)
    mode: int = 0o400
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Port:
    """A port that a service exposes."""

    port: int
    protocol: str = "TCP"
    skip_healthcheck: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """What a step's and a service's containers have in common; `image` is the name of its image in the layout.

    root: the layers of the root file system, lowest first. The image has the mounts' layers on top of them.
    environment: what is set beside the image's own. secrets: variables and the names of the secrets in them.
    services: aliases, and the names of services of this bundle.
    """

    image: str
    platform: str
    args: tuple[str, ...]
    root: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()
    mounts: tuple[Mount, ...] = ()
    services: tuple[tuple[str, str], ...] = ()
    privileged: bool = False
    nested: bool = False
    init: bool = True


@dataclass(frozen=True, slots=True)
class Service:
    """A service, with its files as the step found them: `data` says whether they are, or are as it began."""

    name: str
    hostname: str
    place: Place
    ports: tuple[Port, ...] = ()
    data: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """An input that the bundle does not hold. kind: network, secret, cache, socket, service, layer, temp or masked."""

    kind: str
    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A JUnit report that the command wrote: where, and its blob."""

    path: str
    blob: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended.

    exit_code: the command's, 128 + n for signal n; -1 if it never ended by itself, and `error` says why then.
    stdout, stderr, combined: digests of blobs.
    """

    exit_code: int
    error: str = ""
    stdout: str = ""
    stderr: str = ""
    combined: str = ""
    reports: tuple[Report, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it was about to run, and what came of it.

    kind: exec, or service for a service that did not start. expect: SUCCESS, FAILURE or ANY. source: the mount or
    folder that holds the source under test. started: seconds since the epoch; duration: seconds.
    packets: sent to outside of the containers' network; None where that was not counted.
    """

    name: str
    kind: str
    place: Place
    outcome: Outcome
    stdin: str = ""
    redirects: tuple[str, str, str] = ("", "", "")
    expect: str = "SUCCESS"
    network: bool = True
    """Whether the command had one at all."""

    source: str = ""
    started: float = 0.0
    duration: float = 0.0
    packets: int | None = None
    missing: tuple[Missing, ...] = ()
    memory: int | None = None
    """Bytes that the container could take; `processes`: how many it could have. None is no limit."""

    processes: int | None = None
    hostname: str = ""
    """Of a service that did not start; `ports` are what it exposes."""

    ports: tuple[Port, ...] = ()
    same_as: tuple[str, ...] = ()
    """Names of steps of the run that failed in the same way, and were not captured again."""


@dataclass(frozen=True, slots=True)
class Host:
    """Facts of the machine that matter to a failure. memory: bytes; gpu: the driver's version, "" without one."""

    kernel: str
    machine: str
    processors: int
    memory: int
    model: str = ""
    flags: tuple[str, ...] = ()
    gpu: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: its blob, the blob's size in bytes, what made it, whether the bundle holds it (thin ones may not)."""

    diff_id: str
    blob: str
    size: int
    title: str = ""
    held: bool = True
    origin: str = ""
    """Digest of the inputs that it was made of: where it is known, a layer made of the same ones stands for it."""


@dataclass(frozen=True, slots=True)
class Description:
    """A whole bundle. created: seconds since the epoch; versions: of the engine and what it uses."""

    created: float
    command: str
    workdir: str
    host: Host
    versions: dict[str, str]
    steps: tuple[Step, ...]
    services: tuple[Service, ...] = ()
    layers: tuple[Layer, ...] = ()
    commit: str = ""
    record: str = ""
    """The blob with the record of the run as far as it was written; docs/reference/runs.md describes it."""

    format: int = field(default=FORMAT)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Digests of the blobs that are no layers: the record, and inputs, outputs and reports of the steps."""
        found: dict[str, None] = {self.record: None} if self.record else {}
        for step in self.steps:
            outcome = step.outcome
            reports = (report.blob for report in outcome.reports)
            for blob in (step.stdin, outcome.stdout, outcome.stderr, outcome.combined, *reports):
                if blob:
                    found[blob] = None
        return tuple(found)

    @property
    def places(self) -> tuple[Place, ...]:
        """The places of the steps, then those of the services."""
        steps = (step.place for step in self.steps)
        return (*steps, *(service.place for service in self.services))

    def layer(self, diff_id: str) -> Layer:
        """Return a layer; BundleError if there is none of the diff_id."""
        for layer in self.layers:
            if layer.diff_id == diff_id:
                return layer
        raise BundleError(f"the bundle names a layer {diff_id} that it does not describe")

    def service(self, name: str) -> Service:
        """Return a service; BundleError if there is none of the name."""
        for service in self.services:
            if service.name == name:
                return service
        raise BundleError(f"the bundle names a service {name!r} that it does not describe")


def encode(description: Description) -> bytes:
    """Return the JSON of a description, in UTF-8."""
    return json.dumps(dataclasses.asdict(description), indent=1, sort_keys=True).encode()


def decode(data: bytes) -> Description:
    """Read a description. Raises BundleError if it is none, or of a newer format."""
    # These take a while to import, and most engines never read a bundle.
    from cattrs import BaseValidationError, Converter  # noqa: PLC0415

    from portable_dagger.bundle.plausibility import check  # noqa: PLC0415

    try:
        value: dict[str, Any] = json.loads(data)
        found = value.get("format")
    except (ValueError, AttributeError, RecursionError) as error:
        raise BundleError(
            f"the bundle's description cannot be read: {error}", "get the file again"
        ) from error
    if not isinstance(found, int) or found > FORMAT:
        raise BundleError(
            f"the bundle has format {found}, and this engine reads up to {FORMAT}",
            "use the version of this repository that made it, or a later one",
        )
    try:
        description = Converter().structure(value, Description)
    except (BaseValidationError, KeyError, TypeError, ValueError) as error:
        raise BundleError(
            f"the bundle's description lacks something: {error!r}", "get the file again"
        ) from error
    check(description)
    return description
