"""The functions that say what a change comes to."""

from typing import Annotated

import dagger
from dagger import Doc

from ci import gates
from ci.errors import GateError
from ci.functions.arguments import (
    FORGE,
    UNSEEN,
    Advisories,
    Feed,
    Gate,
    Link,
    MaxAgeDays,
    Repository,
    Since,
    Source,
    uncached,
)
from ci.reports import place
from ci.subject import Subject

Images = Annotated[bool, Doc("Build the images of both sides, and compare their sizes")]


class ChangeFunctions:
    """A change, held against its baseline."""

    @uncached
    async def pr(
        self,
        source: Source,
        git: Repository,
        since: Since = "",
        gate: Gate = None,
        feed: Feed = None,
        advisories: Advisories = None,
        max_age_days: MaxAgeDays = None,
        images: Images = False,  # noqa: FBT002
        link: Link = "",
        token: Annotated[
            dagger.Secret | None,
            Doc("The forge's token, as env:NAME; without one nothing is posted"),
        ] = None,
        repository: Annotated[str, Doc("Where to post, as OWNER/NAME")] = "",
        number: Annotated[int, Doc("The pull request's number; without it no comment")] = 0,
        commit: Annotated[
            str, Doc("Which commit has the statuses; HEAD without, with all committed")
        ] = "",
        run: Annotated[str, Doc("The page that statuses lead to, such as the run's")] = "",
        forge: Annotated[str, Doc("The address of the forge's API")] = FORGE,
        forge_service: Annotated[
            dagger.Service | None,
            Doc("A forge on this machine's loopback, as tcp://127.0.0.1:3000"),
        ] = None,
    ) -> str:
        """Run the gates on what is new, compare locks, coverage and images, post that, and give it in Markdown.

        One comment at the pull request, updated in its place, and a status of the commit for each gate. Fails, when
        all is posted, if something new is to mend or a gate cannot tell. Without --since, [tool.ci.baseline] is asked.
        """
        from ci.change import posting
        from ci.change.review import review

        linked = place.check(link)
        where = token and posting.Place(
            token=token,
            repository=repository,
            number=number,
            commit=commit,
            run=run,
            address=forge,
            service=forge_service,
        )
        subject = Subject(
            source=source,
            git=git,
            feed=feed,
            advisories=advisories,
            max_age_days=max_age_days,
            since=since,
        )
        if where:
            await posting.check(where, source, git, UNSEEN)
        found = await review(subject, gate or [*gates.REPORTED], images=images)
        if where:
            await posting.post(found, linked, where, git)
        if found.red:
            raise GateError(f"{found.headline}\n\n{found.markdown(linked)}")
        return found.markdown(linked)

    @uncached
    async def pr_report(
        self,
        source: Source,
        git: Repository,
        since: Since = "",
        gate: Gate = None,
        feed: Feed = None,
        advisories: Advisories = None,
        max_age_days: MaxAgeDays = None,
        images: Images = False,  # noqa: FBT002
        link: Link = "",
    ) -> dagger.Directory:
        """Give what `pr` says as a directory, whatever the gates come to; nothing is posted.

        It holds what `report` gives, of what is new alone; report.md is the text of `pr`.
        """
        from ci.change.review import review
        from ci.reports import directory

        linked = place.check(link)
        subject = Subject(
            source=source,
            git=git,
            feed=feed,
            advisories=advisories,
            max_age_days=max_age_days,
            since=since,
        )
        found = await review(subject, gate or [*gates.REPORTED], images=images)
        made = directory.render(found.outcomes, linked)
        return made.with_new_file("report.md", found.markdown(linked))
