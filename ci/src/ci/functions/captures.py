"""The functions that take failures home."""

from typing import Annotated

import dagger
from dagger import Doc, Ignore

from ci import gates
from ci.errors import ReproductionError
from ci.functions.arguments import (
    UNSEEN,
    Advisories,
    Feed,
    MaxAgeDays,
    Postgres,
    Python,
    Repository,
    Select,
    Source,
    uncached,
)
from ci.matrix import Selection
from ci.subject import Subject


class CaptureFunctions:
    """Failing steps: kept as bundles, and run again."""

    @uncached
    async def capture(
        self,
        source: Source,
        git: Repository,
        gate: Annotated[
            list[str] | None, Doc(f"What runs: {', '.join(gates.NAMES)}; test alone without")
        ] = None,
        python: Python = None,
        postgres: Postgres = None,
        select: Select = None,
        feed: Feed = None,
        advisories: Advisories = None,
        max_age_days: MaxAgeDays = None,
        passing: Annotated[bool, Doc("Capture the steps that pass, too")] = False,  # noqa: FBT002
    ) -> dagger.Directory:
        """Run gates, and give a bundle for each step that fails, to be taken home and `reproduce`d.

        Red or not, table.txt holds what the gates say.
        """
        from ci import capturing

        selection = Selection(python, postgres, select)
        subject = Subject(
            source=source,
            git=git,
            selection=selection,
            feed=feed,
            advisories=advisories,
            max_age_days=max_age_days,
        )
        return await capturing.directory(subject, gate or ["test"], passing=passing)

    @uncached
    async def reproduce(
        self,
        bundle: Annotated[dagger.File, Doc("The bundle that a run left")],
        step: Annotated[str, Doc("The name of the step's image in the bundle")] = "step-1",
        source: Annotated[
            dagger.Directory | None, Ignore([*UNSEEN]), Doc("An edited source, instead of its own")
        ] = None,
    ) -> str:
        """Run a bundle's step again, with its services and their data, and say how that compares.

        Fails unless it is the same failure. A step that needs no network is not kept from it: the API cannot do that.
        """
        from ci import reproduction

        verdict = await reproduction.reproduce(bundle, step, source)
        if not verdict.same:
            raise ReproductionError(verdict.text())
        return verdict.text()
