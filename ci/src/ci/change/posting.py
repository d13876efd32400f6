"""What a review comes to, posted on a forge: one comment at the pull request, and statuses of its commit."""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import dagger
from dagger import dag

from ci import program, revision
from ci.change.review import Review
from ci.change.statuses import statuses
from ci.errors import ForgeError
from ci.progress import progress
from ci.reports.markdown import MARKER

_ALIAS: Final = "forge"
_PLAN: Final = "/plan.json"
_TOKEN: Final = "/run/secrets/token"  # noqa: S105 - a path
_REPOSITORY: Final = re.compile(r"[\w.-]+/[\w.-]+")
_ADDRESS: Final = re.compile(r"https://[^\s/?#@]+(/[^\s?#]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a review is posted, by whose token.

    number: of the pull request, 0 for none. commit: which has the statuses, "" for HEAD. run: the page that statuses
    lead to. service: a forge on this machine's loopback, which stands for the address.
    """

    token: dagger.Secret
    repository: str
    number: int = 0
    commit: str = ""
    run: str = ""
    address: str
    service: dagger.Service | None = None

    def __post_init__(self) -> None:
        """Check what can be without asking. Raises ForgeError."""
        if not _REPOSITORY.fullmatch(self.repository):
            raise ForgeError(
                f"--repository is {self.repository!r}, which names none", "Write it as OWNER/NAME."
            )
        if self.number < 0:
            raise ForgeError(f"--number is {self.number}", "Give that of the pull request.")
        if not _ADDRESS.fullmatch(self.address):
            raise ForgeError(
                f"--forge is {self.address!r}: the token is sent by https alone",
                "Give the address of its API, such as https://api.github.com.",
            )


async def check(
    place: Place, source: dagger.Directory, git: dagger.GitRepository, unseen: Sequence[str]
) -> None:
    """Raise ForgeError where HEAD would have the statuses, and is not what is reviewed.

    unseen: patterns of what a source leaves out. What git ignores does not count. A commit that is named is the
    caller's to know: a code host has a merge of it reviewed.
    """
    if place.commit:
        return

    def material(folder: dagger.Directory) -> dagger.Directory:
        return folder.filter(exclude=[*unseen], gitignore=True)

    found = await revision.compare(git, source, material)
    if found.changes:
        raise ForgeError(
            f"HEAD is not what is reviewed: {found.title}",
            "Commit that; or name as --commit the commit that has the statuses.",
        )


async def post(review: Review, link: str, place: Place, git: dagger.GitRepository) -> None:
    """Post a review, and say what was done. Raises ForgeError, with the review, if not everything was posted."""
    address = place.address
    container = await program.container("post")
    if place.service is not None:
        port = (await place.service.endpoint()).rpartition(":")[2]
        address = f"http://{_ALIAS}:{port}"
        container = container.with_service_binding(_ALIAS, place.service)
    plan = {
        "address": address,
        "repository": place.repository,
        "number": place.number,
        "commit": place.commit or await git.head().commit(),
        "marker": MARKER,
        "comment": review.markdown(link),
        "statuses": statuses(review.outcomes, place.run),
    }
    try:
        said = (
            await (
                container.with_mounted_file(_PLAN, dag.file("plan.json", json.dumps(plan)))
                .with_mounted_secret(_TOKEN, place.token)
                # What a forge has today it need not have had before.
                .with_env_variable("NOW", str(time.time_ns()))
                .with_exec([f"--plan={_PLAN}", f"--token={_TOKEN}"], use_entrypoint=True)
                .stdout()
            )
        )
    except dagger.ExecError as error:
        raise ForgeError(
            f"not everything was posted: {error.stderr.strip()}\n\n{plan['comment']}"
        ) from error
    done = json.loads(said)
    comment = f"the comment is {done['comment']}: {done['page']}; " if done["comment"] else ""
    progress(f"{comment}{done['statuses']} statuses are set at commit {plan['commit']}")
