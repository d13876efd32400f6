"""The baseline: the commit that a source is compared with, and its files."""

from dataclasses import dataclass
from typing import Final

import dagger

from ci import known
from ci.errors import SelectionError
from ci.settings import TABLE, TEXT, key, our_tables, read_table

BASELINE: Final = f"{TABLE}.baseline"
_SHORT: Final = 12
_REMOTE: Final = "refs/remotes/origin/{reference}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineSettings:
    """The table [tool.ci.baseline]."""

    reference: str = key(TEXT)
    """The branch, tag or commit that changes are compared with."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where the source's history and the reference's part: the last commit that both have, and its files."""

    reference: str
    commit: str
    source: dagger.Directory

    def __str__(self) -> str:
        return f"commit {self.commit[:_SHORT]}, where {self.reference} parted"


def parse(text: str) -> BaselineSettings | None:
    """Read the settings from the text of a pyproject.toml, None without the table. Raises SettingsError."""
    table = our_tables(text).get("baseline")
    return (
        None if table is None else BaselineSettings(**read_table(BaselineSettings, table, BASELINE))
    )


def reference(text: str, since: str) -> str:
    """Return what a source is compared with: `since`, or else what the text of its pyproject.toml says; "" for nothing.

    Raises SettingsError.
    """
    if since:
        return since
    found = parse(text)
    return "" if found is None else found.reference


async def find(git: dagger.GitRepository, reference: str) -> Baseline:
    """Return the baseline of the work tree's HEAD. A branch may be that of the remote `origin`.

    Raises SelectionError for a reference that the repository does not have, or has no history in common with.
    """
    said = ""
    for name in (reference, _REMOTE.format(reference=reference)):
        found = git.ref(name).common_ancestor(git.head())
        try:
            commit = await found.commit()
        except dagger.QueryError as error:
            said = said or str(error)
        else:
            tree = git.commit(commit).tree(discard_git_dir=True)
            return Baseline(reference, commit, known.once(tree))
    raise SelectionError(
        f"{reference!r} is nothing that HEAD could be compared with: {said}",
        "Name a branch, tag or commit of this repository; a checkout in CI needs the whole history (fetch-depth: 0).",
    )
