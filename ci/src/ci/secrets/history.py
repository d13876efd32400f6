"""The history of a repository: one bare repository with every commit that a branch, a tag or HEAD leads to."""

from dataclasses import dataclass
from typing import Final

import dagger

from ci import known
from ci.errors import SelectionError
from ci.together import both, together

FOLDER: Final = "/history"
_TIPS: Final = "/tips"
_WHOLE: Final = -1
"""The depth of a checkout that leaves nothing of the history out."""

# Work trees of others are no danger here, where nothing but git itself runs.
GIT: Final = (
    ("GIT_CONFIG_COUNT", "1"),
    ("GIT_CONFIG_KEY_0", "safe.directory"),
    ("GIT_CONFIG_VALUE_0", "*"),
)

_GATHER: Final = f"""set -eu
git init --quiet --bare {FOLDER}
for tip in "$@"; do
    git --git-dir={FOLDER} fetch --quiet --no-tags {_TIPS}/$tip HEAD:refs/heads/$tip
done
"""


@dataclass(frozen=True, slots=True)
class History:
    """All commits as a bare repository; and the files of HEAD, with a .git folder."""

    repository: dagger.Directory
    head: dagger.Directory


async def gather(
    git: dagger.GitRepository, container: dagger.Container, commit: str = ""
) -> History:
    """Return the history of a repository, or of one commit alone, gathered in a container that has git.

    It is made of commits alone: as long as there is no other one, nothing of it is done again. Raises SelectionError
    where there is none, or a shallow clone lacks part of it.
    """
    head = git.commit(commit) if commit else git.head()
    try:
        first = await head.commit()
    except dagger.QueryError as error:
        raise SelectionError(
            f"the repository has no history: {error}",
            "Commit something; or name the repository with --git.",
        ) from None
    tips = {first: known.once(head.tree(depth=_WHOLE))}
    others = {} if commit else await _others(git, first)
    tips |= {other: known.once(ref.tree(depth=_WHOLE)) for other, ref in others.items()}
    await together([_whole(tree) for tree in tips.values()])
    gathering = container
    for name, value in GIT:
        gathering = gathering.with_env_variable(name, value)
    for tip, tree in sorted(tips.items()):
        gathering = gathering.with_mounted_directory(f"{_TIPS}/{tip}", tree)
    gathered = gathering.with_exec(["sh", "-c", _GATHER, "gather", *sorted(tips)])
    return History(known.once(gathered.directory(FOLDER)), tips[first])


async def _others(git: dagger.GitRepository, head: str) -> dict[str, dagger.GitRef]:
    """Return the commits, by their hashes, of the branches and tags that are not part of HEAD's own history."""
    branches, tags = await both(git.branches(), git.tags())
    refs = [*map(git.branch, branches), *map(git.tag, tags)]
    commits = await together([ref.commit() for ref in refs])
    found = {commit: git.commit(commit) for commit in commits if commit != head}
    apart = await together([_apart(git, ref, commit) for commit, ref in found.items()])
    return {commit: ref for (commit, ref), alone in zip(found.items(), apart, strict=True) if alone}


async def _apart(git: dagger.GitRepository, ref: dagger.GitRef, commit: str) -> bool:
    try:
        return await git.head().common_ancestor(ref).commit() != commit
    except dagger.QueryError:
        # Nothing in common.
        return True


async def _whole(tree: dagger.Directory) -> None:
    try:
        said = "it is a shallow clone" if await tree.exists(".git/shallow") else ""
    except dagger.QueryError as error:
        said = str(error)
    if said:
        raise SelectionError(
            f"the history of the repository is not all here: {said}",
            "Fetch all of it: `git fetch --unshallow`; in GitHub Actions, `fetch-depth: 0` of the checkout.",
        )
