"""The types GitRepository and GitRef, and what makes them: `git` and Directory.asGit."""

from __future__ import annotations

import re

from portable_dagger.api.directory import DIRECTORY
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.errors import GitError
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import Changeset
from portable_dagger.graph.sources import GitRef, GitRepository
from portable_dagger.graph.values import Directory, Secret, Service, Socket
from portable_dagger.ops import git as operations
from portable_dagger.record.inputs import Account, Files

REPOSITORY = ObjectType("GitRepository", "A git repository.")
REF = ObjectType("GitRef", "A git ref (tag, branch, or commit).")

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


@QUERY.field(scope=Scope.CLIENT, eager=True)
async def git(
    self: object,
    context: Context,
    *,
    url: str,
    keep_git_dir: bool = True,
    ssh_known_hosts: str = "",
    ssh_auth_socket: Socket | None = None,
    http_auth_username: str = "",
    http_auth_token: Secret | None = None,
    http_auth_header: Secret | None = None,
    experimental_service_host: Service | None = None,
) -> GitRepository:
    """Query a git repository by its URL, or, for the session's own client, by its path."""
    made = GitRepository(
        url,
        username=http_auth_username,
        token=http_auth_token,
        header=http_auth_header,
        service=experimental_service_host,
        known_hosts=ssh_known_hosts,
        socket=ssh_auth_socket,
        of_main_client=context.client.is_main,
    )
    if url.startswith(operations.WEB):
        # A server that cannot be asked is this field's error, as the reference has it.
        await operations.Mirror.of(made, context)
    return made


@DIRECTORY.field()
async def as_git(self: Directory, context: Context) -> GitRepository:
    """Converts this directory to a local git repository."""
    return GitRepository(directory=self)


async def _ref(repository: GitRepository, context: Context, name: str) -> GitRef:
    mirror = await operations.Mirror.of(repository, context)
    return GitRef(repository, name, await mirror.commit_of(name))


@REPOSITORY.field()
async def url(self: GitRepository, context: Context) -> str | None:
    """The URL of the repository; null for one that is a directory."""
    return self.url or None


@REPOSITORY.field(scope=Scope.SESSION)
async def head(self: GitRepository, context: Context) -> GitRef:
    """Returns details for HEAD."""
    mirror = await operations.Mirror.of(self, context)
    return await _ref(self, context, await mirror.head())


@REPOSITORY.field(scope=Scope.SESSION)
async def branch(self: GitRepository, context: Context, *, name: str) -> GitRef:
    """Returns details of a branch."""
    return await _ref(self, context, f"refs/heads/{name}")


@REPOSITORY.field(scope=Scope.SESSION)
async def tag(self: GitRepository, context: Context, *, name: str) -> GitRef:
    """Returns details of a tag."""
    return await _ref(self, context, f"refs/tags/{name}")


@REPOSITORY.field(scope=Scope.SESSION)
async def ref(self: GitRepository, context: Context, *, name: str) -> GitRef:
    """Returns details of a ref: a full name, a branch, a tag or a commit."""
    if operations.COMMIT.fullmatch(name) or name.startswith("refs/"):
        return await _ref(self, context, name)
    mirror = await operations.Mirror.of(self, context)
    if name == "HEAD":
        return await _ref(self, context, await mirror.head())
    kind = "heads" if name in await mirror.names("heads", []) else "tags"
    return await _ref(self, context, f"refs/{kind}/{name}")


@REPOSITORY.field()
async def commit(self: GitRepository, context: Context, *, id: str) -> GitRef:
    """Returns details of a commit, by its full hash."""
    if not operations.COMMIT.fullmatch(id):
        raise GitError(f'invalid commit SHA: "{id}"', "give the full hash")
    return await _ref(self, context, id)


@REPOSITORY.field()
async def branches(
    self: GitRepository, context: Context, *, patterns: list[str] | None = None
) -> list[str]:
    """Branches that match any of the given patterns, all without one."""
    mirror = await operations.Mirror.of(self, context)
    return await mirror.names("heads", patterns or [])


@REPOSITORY.field()
async def tags(
    self: GitRepository, context: Context, *, patterns: list[str] | None = None
) -> list[str]:
    """Tags that match any of the given patterns, all without one."""
    mirror = await operations.Mirror.of(self, context)
    return await mirror.names("tags", patterns or [])


@REPOSITORY.field(scope=Scope.SESSION)
async def latest_version(self: GitRepository, context: Context) -> GitRef:
    """Returns details for the latest semantic version tag."""
    mirror = await operations.Mirror.of(self, context)
    found = [(m, n) for n in await mirror.names("tags", []) if (m := _VERSION.fullmatch(n))]
    if not found:
        raise GitError("the repository has no tag that is a semantic version")
    _, name = max(found, key=lambda pair: tuple(int(part) for part in pair[0].groups()))
    return await _ref(self, context, f"refs/tags/{name}")


@REPOSITORY.field()
async def uncommitted(self: GitRepository, context: Context) -> Changeset:
    """Returns the changeset of uncommitted changes in the git repository."""
    raise GitError("uncommitted changes are not answered by the embedded engine yet")


@REF.field(name="commit")
async def commit_of_ref(self: GitRef, context: Context) -> str:
    """The resolved commit id at this ref."""
    return self.commit


@REF.field(name="ref")
async def name_of_ref(self: GitRef, context: Context) -> str:
    """The resolved ref name at this ref."""
    return self.ref


@REF.field(step="git")
async def tree(
    self: GitRef,
    context: Context,
    *,
    discard_git_dir: bool = False,
    depth: int = 1,
    include_tags: bool = False,
) -> Directory:
    """The filesystem tree at this ref."""
    with context.session.progress.span("git", f"git tree {self.ref}") as span:
        span.account = Account.of(url=self.repository.url, ref=self.ref, commit=self.commit)
        found = await operations.tree(
            self, context, depth=depth, tags=include_tags, discard_git_dir=discard_git_dir
        )
        span.account.output["files"] = Files(found.root.layers)
        return found


@REF.field()
async def common_ancestor(self: GitRef, context: Context, *, other: GitRef) -> GitRef:
    """Find the best common ancestor between this ref and another one of the same repository."""
    mirror = await operations.Mirror.of(self.repository, context)
    found = await mirror.run("merge-base", self.commit, other.commit)
    return GitRef(self.repository, found, found)
