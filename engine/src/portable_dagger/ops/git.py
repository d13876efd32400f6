"""Git: mirrors of repositories below the state directory, fetched once a session; commits as directories.

Credentials reach git by its environment (GIT_CONFIG_*), never by a command line, a URL or a log.
"""

from __future__ import annotations

import asyncio
import base64
import fnmatch
import hashlib
import os
import re
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from portable_dagger.errors import GitError
from portable_dagger.graph.steps import step_key
from portable_dagger.graph.values import Directory
from portable_dagger.ops import reach
from portable_dagger.ops.identity import content_key
from portable_dagger.store.copy import extract
from portable_dagger.store.host import import_directory
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.graph.sources import GitRef, GitRepository

PORTS = {"http": 80, "https": 443, "ssh": 22, "git": 9418}
WEB = ("http://", "https://")
SMART_ONLY = ("--depth=1000000000", "--no-single-branch")
"""More than any history: git refuses to ask a server for it that has not git's own protocol, as Dagger's engine does.

A pipeline that works here has to work there.
"""
COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
SETTINGS = {
    "safe.directory": "*",
    "uploadpack.allowAnySHA1InWant": "true",
    "advice.detachedHead": "false",
    "init.defaultBranch": "main",
    "protocol.ext.allow": "never",
}


async def git(*words: str, settings: dict[str, str] | None = None) -> str:
    """Run git and return what it prints; GitError with its own last line."""
    chosen = {**SETTINGS, **(settings or {})}
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_COUNT": str(len(chosen))}
    for number, (name, value) in enumerate(chosen.items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    process = await asyncio.create_subprocess_exec(
        "git",
        *words,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = errors.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise GitError(f"git error: {lines[-1]}")
    return output.decode(errors="replace")


REMOTE: Final = re.compile(r"(https?|ssh|git)://|[\w.-]+@[\w.-]+:")
"""URLs of other machines: paths, file:// and git's remote helpers lead into the host."""


class Mirror:
    """A repository's mirror, up to date as of this session."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    async def of(cls, repository: GitRepository, context: Context) -> Mirror:
        """Return the mirror of a repository, made or fetched if this session has not done so yet."""
        if repository.directory is not None:
            key = await content_key(repository.directory, context)
            name = hashlib.sha256(key.encode()).hexdigest()
        else:
            # What the main client's credentials or paths led to is not a function's.
            whose = (context.session.id, repository.of_main_client, repository.url)
            name = hashlib.sha256(repr(whose).encode()).hexdigest()
        folder = context.engine.state / "run" / "git" / name

        async def make() -> None:
            if not folder.exists():
                await _make(repository, context, folder)

        await context.engine.sharing.once(("git", name), make)
        return cls(folder)

    async def run(self, *words: str) -> str:
        """Run git on the mirror."""
        return (await git("--git-dir", str(self.folder), *words)).strip()

    async def commit_of(self, ref: str) -> str:
        """Return the commit that a ref, or a tag object, leads to; GitError when there is none."""
        try:
            return await self.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        except GitError as error:
            raise GitError(f'repository does not contain ref "{ref}"') from error

    async def names(self, kind: str, patterns: list[str]) -> list[str]:
        """Return the names of heads or tags, sorted, those that a pattern takes if there are patterns."""
        shown = await self.run("for-each-ref", "--format=%(refname)", f"refs/{kind}")
        names = sorted(line.removeprefix(f"refs/{kind}/") for line in shown.splitlines())
        if not patterns:
            return names
        return [name for name in names if any(fnmatch.fnmatchcase(name, p) for p in patterns)]

    async def head(self) -> str:
        """Return the full name of the branch that HEAD is, or HEAD itself where a commit is checked out by its hash."""
        try:
            return await self.run("symbolic-ref", "--quiet", "HEAD")
        except GitError:
            return "HEAD"


async def _make(repository: GitRepository, context: Context, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        if repository.directory is not None:
            source = Path(scratch) / "source"
            source.mkdir()
            directory = repository.directory
            await asyncio.to_thread(extract, context.store, directory.root, directory.path, source)
            inner = source / ".git"
            if not (inner if inner.is_dir() else source).joinpath("HEAD").exists():
                raise GitError("git error: not a git repository")
            await git("clone", "--quiet", "--mirror", str(source), str(made))
        else:
            url, settings = await _reached(repository, context)
            settings |= ssh_settings(repository, context, Path(scratch))
            await clone(url, made, settings)
        made.rename(folder)


async def clone(url: str, made: Path, settings: dict[str, str]) -> None:
    """Mirror a repository into a new folder; GitError with git's words, or for a server that only gives files."""
    smart = SMART_ONLY if url.startswith(WEB) else ()
    words = ("clone", "--quiet", "--mirror", *smart, "--", url, str(made))
    try:
        await git(*words, settings=settings)
    except GitError as error:
        if "dumb http transport" not in error.message:
            raise
        raise GitError(
            f"git error: {url} is on a web server that only gives files",
            "Dagger's engine cannot read such a repository; have `git http-backend` serve it",
        ) from error


async def _reached(repository: GitRepository, context: Context) -> tuple[str, dict[str, str]]:
    """Return the URL to fetch from, and the settings that carry the credentials."""
    url, settings = repository.url, {}
    if "://" not in url and not url.startswith(("git@", "/")):
        url = str(context.client.workdir / url)
    if not repository.of_main_client:
        if not REMOTE.match(url):
            raise GitError(f"{repository.url}: functions cannot read repositories of the host")
        if repository.service is None:
            network = context.engine.network.containers
            if why := await asyncio.to_thread(reach.refusal, url, network):
                raise GitError(why, reach.TODO)
    if repository.service is None and REMOTE.match(url):
        context.session.check_way_out(url)
    if repository.service is not None:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
        place = await context.session.services.place(repository.service, port, context)
        url = urlunsplit(parts._replace(netloc=place))
    secrets = context.session.secrets
    if repository.header is not None:
        text = (await secrets.text(repository.header, context.client)).decode().strip()
        settings["http.extraHeader"] = f"Authorization: {text}"
    elif repository.token is not None:
        token = (await secrets.text(repository.token, context.client)).decode().strip()
        pair = f"{repository.username or 'x-access-token'}:{token}"
        settings["http.extraHeader"] = (
            "Authorization: Basic " + base64.b64encode(pair.encode()).decode()
        )
    return url, settings


def ssh_settings(repository: GitRepository, context: Context, folder: Path) -> dict[str, str]:
    """Return the settings that make ssh use a repository's agent and known hosts, those of the user without them."""
    words = ["ssh", "-o", "BatchMode=yes"]
    if repository.socket is not None:
        words += ["-o", f"IdentityAgent={context.session.socket_path(repository.socket)}"]
    if repository.known_hosts:
        known = folder / "known_hosts"
        known.write_text(repository.known_hosts.rstrip("\n") + "\n")
        words += ["-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes"]
    return {"core.sshCommand": shlex.join(words)}


async def tree(
    ref: GitRef, context: Context, *, depth: int, tags: bool, discard_git_dir: bool
) -> Directory:
    """Return a commit's files, with a .git folder unless it is discarded; made once a commit."""
    key = step_key(
        "git-tree", [ref.repository.url, ref.commit, ref.ref, depth, tags, discard_git_dir]
    )
    kept = context.store.get_step(key)
    if kept is not None:
        return Directory(Snapshot((kept["layer"],)))
    mirror = await Mirror.of(ref.repository, context)
    with tempfile.TemporaryDirectory(dir=context.engine.state / "run") as scratch:
        work = Path(scratch) / "tree"
        await git("init", "--quiet", str(work))
        many = ["--depth", str(depth)] if depth > 0 else []
        with_tags = ["--tags"] if tags else ["--no-tags"]
        source = f"file://{mirror.folder}"
        await git("-C", str(work), "fetch", "--quiet", *many, *with_tags, source, ref.commit)
        await git("-C", str(work), "checkout", "--quiet", "FETCH_HEAD")
        if discard_git_dir:
            await asyncio.to_thread(shutil.rmtree, work / ".git")
        elif ref.repository.url:
            await git("-C", str(work), "remote", "add", "origin", ref.repository.url)
        root = await asyncio.to_thread(import_directory, context.store, work)
    title = f"{ref.repository.url or 'repository'} {ref.commit[:12]}"
    for layer in root.layers:
        context.store.facts.describe("layer", layer, "git", title)
    context.store.put_step(key, {"layer": root.layers[0]}, root.layers)
    return Directory(root)
