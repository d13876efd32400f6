"""Pushes the images of an OCI layout, with all that is attached to them, to several registries: all or nothing.

    python -m ci.programs.push --layout FOLDER --plan FILE [--auth FILE]

The plan is JSON:

    {"registries": [{"repository": "ghcr.io/org/name", "address": "https://ghcr.io"}],
     "images": [{"digest": "sha256:HEX", "tags": ["1.2.3", "sha-abc"], "moving": ["1.2", "latest"]}]}

`address` is where the registry is reached; `tags` are never moved, `moving` are. `--auth` is a config.json of Docker.

No registry is sent anything before all have let us in and none has one of `tags` on another digest; none is tagged
before all have everything. What is there already is not sent. The protocol has no transactions: a registry that fails
while tags are set leaves those that were set before, and the answer says which.

Progress goes to standard error. The answer is a JSON object on standard output, {"registries": [OBJECT, ...]} in the
plan's order, with status 0 whether or not the push succeeded; bad input gives status 1 and a message. See Outcome.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from ci.programs import logins, shipment
from ci.programs.connection import Patience
from ci.programs.errors import ProgramError, RegistryError
from ci.programs.layout import Layout
from ci.programs.registry import PUSH, Manifest, Repository, to_stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ci.programs.logins import Logins
    from ci.programs.parts import Part
    from ci.programs.shipment import Plan, Shipment

PUSHED: Final = "pushed"
FAILED: Final = "failed"
NOT_TAGGED: Final = "not tagged"
UNTOUCHED: Final = "untouched"
PARTLY_TAGGED: Final = "partly tagged"

_SIDE_BY_SIDE: Final = 8
"""How many requests are under way at once, over all registries."""


@dataclass(slots=True)
class Outcome:
    """Where one registry stands, as the answer has it.

    state: `pushed` (everything is there, and all tags), `failed` (see error), or, because another one failed,
    `untouched` (nothing was sent), `not tagged` (images without tags at most), `partly tagged` (see tags_set).
    tags_present: those that led to their digest before. bytes: what the uploaded blobs came to.
    """

    repository: str
    address: str
    state: str = UNTOUCHED
    error: str = ""
    blobs_uploaded: int = 0
    blobs_present: int = 0
    bytes_uploaded: int = 0
    manifests_put: int = 0
    manifests_present: int = 0
    tags_set: list[str] = field(default_factory=list)
    tags_present: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Delivery:
    """The push to one registry; may be used by several threads."""

    repository: Repository
    outcome: Outcome
    layout: Layout
    _lock: Lock = field(default_factory=Lock)

    @property
    def failed(self) -> bool:
        return self.outcome.state == FAILED

    def attempt(self, action: Callable[[], None]) -> None:
        """Do something, unless something else failed before; what goes wrong becomes the outcome."""
        if self.failed:
            return
        try:
            action()
        except ProgramError as error:
            with self._lock:
                if not self.failed:
                    self.outcome.state, self.outcome.error = FAILED, str(error)
                    self._say(f"failed: {error}")

    def check(self, fixed: dict[str, str]) -> None:
        """Check that no fixed tag leads elsewhere. Raises RegistryError that names all that do."""
        moved = []
        for tag, digest in fixed.items():
            there = self.repository.find_manifest(tag)
            if there not in {"", digest}:
                moved.append(f"{tag} is {there} already, and would become {digest}")
        if moved:
            raise RegistryError(
                f"{self.repository.name}: a version is never moved: {'; '.join(moved)}",
                "Publish under a new version.",
            )

    def send_blob(self, part: Part) -> None:
        """Upload a blob that is not there."""
        if self.repository.has_blob(part.digest):
            with self._lock:
                self.outcome.blobs_present += 1
            return
        self.layout.check(part.descriptor, part.role)
        started = time.monotonic()
        self.repository.put_blob(part, self.layout.path(part.digest))
        took = time.monotonic() - started
        with self._lock:
            self.outcome.blobs_uploaded += 1
            self.outcome.bytes_uploaded += part.size
        self._say(f"{part.role}, {_megabytes(part.size)} in {took:.1f} s")

    def send_manifest(self, part: Part) -> None:
        """Put a manifest that is not there, by its digest."""
        if self.repository.find_manifest(part.digest):
            self.outcome.manifests_present += 1
            return
        self.repository.put_manifest(part.digest, self._manifest(part), str(part))
        self.outcome.manifests_put += 1
        self._say(f"{part.role}, {part.digest}")

    def tag(self, tag: str, part: Part) -> None:
        """Let a tag lead to a manifest."""
        if self.repository.find_manifest(tag) == part.digest:
            self.outcome.tags_present.append(tag)
            return
        self.repository.put_manifest(tag, self._manifest(part), f"tag {tag}")
        self.outcome.tags_set.append(tag)
        self._say(f"tag {tag}, {part.digest}")

    def _manifest(self, part: Part) -> Manifest:
        return Manifest(part.media_type, self.layout.path(part.digest).read_bytes())

    def _say(self, line: str) -> None:
        self.repository.say(f"{self.repository.name}: {line}")


@dataclass(frozen=True, slots=True)
class Push:
    """A push of a shipment to all registries of a plan."""

    plan: Plan
    shipment: Shipment
    deliveries: tuple[_Delivery, ...]

    def run(self) -> list[Outcome]:
        """Do it, and return where each registry stands, in the plan's order."""
        stages: tuple[tuple[str, Callable[[ThreadPoolExecutor], None]], ...] = (
            (UNTOUCHED, self._reach),
            (NOT_TAGGED, self._send),
            (NOT_TAGGED, self._check),
            (PARTLY_TAGGED, lambda _: self._tag(self.plan.fixed)),
            (PARTLY_TAGGED, lambda _: self._tag(self.plan.moving)),
        )
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            for state, stage in stages:
                for delivery in self.deliveries:
                    delivery.outcome.state = state
                stage(pool)
                if any(delivery.failed for delivery in self.deliveries):
                    break
            else:
                for delivery in self.deliveries:
                    delivery.outcome.state = PUSHED
        for delivery in self.deliveries:
            outcome = delivery.outcome
            if outcome.state == PARTLY_TAGGED and not outcome.tags_set:
                outcome.state = NOT_TAGGED
        return [delivery.outcome for delivery in self.deliveries]

    def _reach(self, pool: ThreadPoolExecutor) -> None:
        self._each(pool, lambda delivery: delivery.repository.reach())
        self._check(pool)

    def _check(self, pool: ThreadPoolExecutor) -> None:
        """Look for fixed tags: first so that nothing is sent in vain, then since others push too."""
        self._each(pool, lambda delivery: delivery.check(self.plan.fixed))

    def _send(self, pool: ThreadPoolExecutor) -> None:
        # Large ones first: they would be waited for at the end.
        blobs = sorted(self.shipment.blobs.values(), key=lambda part: -part.size)
        _all(
            pool,
            (
                partial(delivery.attempt, partial(delivery.send_blob, part))
                for part in blobs
                for delivery in self.deliveries
            ),
        )
        self._each(pool, self._send_manifests)

    def _send_manifests(self, delivery: _Delivery) -> None:
        for part in self.shipment.manifests.values():
            delivery.send_manifest(part)
        subjects = defaultdict(list)
        for attachment in self.shipment.attachments:
            subjects[attachment.subject].append(attachment.part.descriptor)
        for subject, entries in subjects.items():
            delivery.repository.add_referrers(subject, entries)

    def _tag(self, tags: dict[str, str]) -> None:
        """Set tags at one registry after the other, and stop at the first that fails: fewer are tagged by halves."""
        for delivery in self.deliveries:
            for tag, digest in tags.items():
                part = self.shipment.manifests[digest]
                delivery.attempt(partial(delivery.tag, tag, part))
            if delivery.failed:
                return

    def _each(self, pool: ThreadPoolExecutor, action: Callable[[_Delivery], None]) -> None:
        _all(
            pool,
            (partial(each.attempt, partial(action, each)) for each in self.deliveries),
        )


def _all(pool: ThreadPoolExecutor, actions: Iterable[Callable[[], None]]) -> None:
    """Do all at once; what is no ProgramError is raised."""
    for future in [pool.submit(action) for action in actions]:
        future.result()


def push(
    layout: Layout,
    plan: Plan,
    known: Logins,
    patience: Patience,
    say: Callable[[str], None] = to_stderr,
) -> list[Outcome]:
    """Push what a plan names out of a layout; return where each registry stands.

    Raises LayoutError, LoginError or PlanError before anything is sent.
    """
    goods = shipment.collect(layout, plan)
    repositories = [
        Repository(target.repository, target.address, known, PUSH, patience, say)
        for target in plan.targets
    ]
    deliveries = tuple(
        _Delivery(repository, Outcome(repository.name, repository.address), layout)
        for repository in repositories
    )
    try:
        return Push(plan, goods, deliveries).run()
    finally:
        for repository in repositories:
            repository.close()


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns 1 with a message on standard error for bad input."""
    parser = argparse.ArgumentParser(
        prog="python -m ci.programs.push",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--layout", required=True, type=Path)
    parser.add_argument("--plan", required=True, type=Path)
    parser.add_argument("--auth", type=Path)
    given = parser.parse_args(arguments)
    try:
        known = logins.load(given.auth)
        plan = shipment.load_plan(given.plan)
        outcomes = push(Layout(given.layout), plan, known, Patience())
    except ProgramError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({"registries": [dataclasses.asdict(each) for each in outcomes]}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
