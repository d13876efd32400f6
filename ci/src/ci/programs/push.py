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
plan's order (see Outcome in delivery.py), with status 0 whether or not the push succeeded. Bad input gives status 1 and
a message.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from ci.programs import logins, shipment
from ci.programs.delivery import NOT_TAGGED, PARTLY_TAGGED, PUSHED, UNTOUCHED, Delivery, Outcome
from ci.programs.errors import ProgramError
from ci.programs.hiccup import Patience
from ci.programs.layout import Layout
from ci.programs.registry import PUSH, Repository, to_stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ci.programs.logins import Logins
    from ci.programs.shipment import Plan, Shipment

T = TypeVar("T")

_SIDE_BY_SIDE: Final = 8
"""How many requests are under way at once, over all registries."""


@dataclass(frozen=True, slots=True)
class Push:
    """A push of a shipment to all registries of a plan."""

    plan: Plan
    shipment: Shipment
    deliveries: tuple[Delivery, ...]

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
            self._settle(delivery.outcome)
        return [delivery.outcome for delivery in self.deliveries]

    def _settle(self, outcome: Outcome) -> None:
        """Say how far tags got at a registry where none failed."""
        wanted = self.plan.fixed.keys() | self.plan.moving.keys()
        if outcome.state == PARTLY_TAGGED and not outcome.tags_set:
            outcome.state = NOT_TAGGED
        elif outcome.state == PARTLY_TAGGED and wanted == {
            *outcome.tags_set,
            *outcome.tags_present,
        }:
            outcome.state = PUSHED

    def _reach(self, pool: ThreadPoolExecutor) -> None:
        self._each(pool, lambda delivery: delivery.repository.reach())
        self._check(pool)

    def _check(self, pool: ThreadPoolExecutor) -> None:
        """Look for fixed tags: first so that nothing is sent in vain, then since others push too."""
        self._each(pool, lambda delivery: delivery.check(self.plan.fixed))

    def _send(self, pool: ThreadPoolExecutor) -> None:
        # Large ones first: they would be waited for at the end.
        blobs = sorted(self.shipment.blobs.values(), key=lambda part: -part.size)
        self._every(pool, Delivery.send_blob, blobs)
        attached = {attachment.part.digest for attachment in self.shipment.attachments}
        manifests = self.shipment.manifests.values()
        self._every(pool, Delivery.look_for, manifests)
        images = [part for part in manifests if part.digest not in attached]
        self._each(pool, lambda delivery: delivery.send_in_order(images))
        # Registries take these in any order, even before what they refer to.
        self._every(pool, Delivery.send_manifest, [one.part for one in self.shipment.attachments])
        self._every(pool, Delivery.list_attachments, self.shipment.by_subject().items())

    def _tag(self, tags: dict[str, str]) -> None:
        """Set tags at one registry after the other, and stop at the first that fails: fewer are tagged by halves."""
        for delivery in self.deliveries:
            for tag, digest in tags.items():
                part = self.shipment.manifests[digest]
                delivery.attempt(partial(delivery.tag, tag, part))
            if delivery.failed:
                return

    def _each(self, pool: ThreadPoolExecutor, action: Callable[[Delivery], None]) -> None:
        """Do something at all registries at once."""
        _all(pool, (partial(each.attempt, partial(action, each)) for each in self.deliveries))

    def _every(
        self, pool: ThreadPoolExecutor, action: Callable[[Delivery, T], None], items: Iterable[T]
    ) -> None:
        """Do something with each of many things at all registries at once."""
        _all(
            pool,
            [
                partial(delivery.attempt, partial(action, delivery, item))
                for item in items
                for delivery in self.deliveries
            ],
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
        Delivery(repository, Outcome(repository.name, repository.address), layout)
        for repository in repositories
    )
    try:
        return Push(plan, goods, deliveries).run()
    finally:
        for repository in repositories:
            repository.close()


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
