"""COPY and ADD: from the words of the instruction to sources in the store, and their place in a container."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from typing import TYPE_CHECKING

from portable_dagger.dockerfile.copying import Destination, Source, find, place
from portable_dagger.dockerfile.expansion import Expander, split
from portable_dagger.dockerfile.permissions import Permissions
from portable_dagger.errors import GitError, HttpError, NotFoundError
from portable_dagger.graph.sources import GitRef, GitRepository
from portable_dagger.ops import git, http
from portable_dagger.ops.paths import absolute, below, owner_of
from portable_dagger.store import edit
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.store import file_digest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from portable_dagger.dockerfile.parser import Instruction
    from portable_dagger.graph.context import Context
    from portable_dagger.graph.values import Container, Directory
    from portable_dagger.store.edit import Owner

REMOTE_MODE = 0o600
ROOT_OWNER = (0, 0)

_GIT = re.compile(r"(git@|git://|ssh://).+|https?://[^#]+\.git(#.*)?")
_DOCUMENT = re.compile(r"\d*<<-?[^<]+")


class Transfer:
    """Does COPY and ADD in one stage; `source(name)` gives the files of a stage, an image, or, for "", the context."""

    def __init__(self, context: Context, source: Callable[[str], Awaitable[Directory]]) -> None:
        self._context = context
        self._source = source

    async def run(
        self, container: Container, instruction: Instruction, expander: Expander
    ) -> Container:
        """Return the container with one more layer; an error names the instruction's place."""
        *texts, target = instruction.words or split(instruction.text, expander.escape)
        if not texts:
            raise instruction.error(
                "needs a source and a destination", f"write {instruction.name} SOURCE DESTINATION"
            )
        if len(texts) > 1 and not _is_folder(expander.word(target)):
            raise instruction.error(
                "with more than one source the destination must be a directory", "end it with /"
            )
        sources: list[Source] = []
        documents = list(instruction.documents)
        try:
            for text in texts:
                if documents and _DOCUMENT.fullmatch(text):
                    document = documents.pop(0)
                    content = document.text
                    if document.expand:
                        content = expander.plain(content)
                    sources.append(await self._written(document.name, content))
                else:
                    sources += await self._found(instruction, expander, expander.word(text))
            to = await self._destination(container, instruction, expander, (target, len(sources)))
            root = await asyncio.to_thread(
                place,
                self._context.store,
                container.root,
                sources,
                to,
                parents=instruction.on("parents"),
            )
        except (NotFoundError, GitError, HttpError) as error:
            raise instruction.error(error.message, error.hint) from error
        return container.replace(root=root, last_exec=None)

    async def _destination(
        self,
        container: Container,
        instruction: Instruction,
        expander: Expander,
        target: tuple[str, int],
    ) -> Destination:
        word = expander.word
        text, count = word(target[0]), target[1]
        owner: Owner | None = None
        if instruction.flag("chown"):
            names = word(instruction.flag("chown"))
            owner = await asyncio.to_thread(owner_of, self._context.store, container, names)
        mode = word(instruction.flag("chmod"))
        try:
            permissions = Permissions.parse(mode) if mode else None
        except ValueError as error:
            raise instruction.error(
                f"--chmod={mode} is no mode", "write it like 755, 0644 or u=rwX,go=rX"
            ) from error
        return Destination(
            path=absolute(container, text),
            folder=_is_folder(text) or count > 1,
            owner=owner,
            permissions=permissions,
            exclude=tuple(word(text) for text in instruction.flag_values("exclude")),
        )

    async def _found(self, instruction: Instruction, expander: Expander, text: str) -> list[Source]:
        """Return what one source names: files of the context, of a stage or image, of a URL or a git repository."""
        is_add = instruction.name == "ADD"
        if is_add and _GIT.fullmatch(text):
            return [await self._cloned(text, keep=instruction.on("keep-git-dir"))]
        if is_add and text.startswith(("http://", "https://")):
            return [await self._fetched(instruction, text)]
        if instruction.flag("checksum"):
            raise instruction.error("--checksum is for sources over http", "take it out")
        if "://" in text:
            raise instruction.error(f"{text}: a source can't be a URL here", "use ADD")
        origin = expander.word(instruction.flag("from"))
        directory = await self._source(origin)
        try:
            found = await asyncio.to_thread(
                find,
                self._context.store,
                directory.root,
                directory.path,
                text,
                parents=instruction.on("parents"),
            )
        except NotFoundError as error:
            where = f'in "{origin}"' if origin else "in the context"
            hint = "" if origin else "look at the path, and at what .dockerignore leaves out"
            raise NotFoundError(f"{error.message} {where}", hint) from error
        unpacks = is_add and instruction.flag("unpack") != "false"
        # What comes from the context belongs to root, whoever owns it outside; another stage's files keep their owner.
        owner = None if origin else ROOT_OWNER
        return [dataclasses.replace(s, owner=owner, unpacks=unpacks) for s in found]

    async def _written(self, name: str, content: str) -> Source:
        root = await asyncio.to_thread(
            edit.write_file, self._context.store, Snapshot(), f"/{name}", content.encode()
        )
        return Source(root, f"/{name}", name)

    async def _fetched(self, instruction: Instruction, url: str) -> Source:
        client, network = self._context.client, self._context.engine.network
        self._context.session.check_way_out(url)
        request = http.Request(url, away_from=None if client.is_main else network.containers)
        with self._context.session.progress.span("http", f"{instruction.place}: {instruction}"):
            path = await http.fetch(self._context.store, request)
            wanted = instruction.flag("checksum")
            if wanted:
                found = "sha256:" + await asyncio.to_thread(file_digest, path)
                if found != wanted:
                    raise HttpError(f"checksum mismatch: expected {wanted}, got {found}")
        place_ = f"/{request.name}"
        root = await asyncio.to_thread(
            edit.add_file, self._context.store, Snapshot(), place_, path, REMOTE_MODE
        )
        return Source(root, place_, request.name, unpacks=instruction.on("unpack"))

    async def _cloned(self, text: str, *, keep: bool) -> Source:
        """Return a commit's files; the fragment is `ref:subdirectory`, both optional."""
        url, _, fragment = text.partition("#")
        name, _, folder = fragment.partition(":")
        repository = GitRepository(url, of_main_client=self._context.client.is_main)
        with self._context.session.progress.span("git", f"git tree {text}"):
            mirror = await git.Mirror.of(repository, self._context)
            ref = GitRef(repository, name or "HEAD", await mirror.commit_of(name or "HEAD"))
            directory = await git.tree(
                ref, self._context, depth=1, tags=False, discard_git_dir=not keep
            )
        return Source(directory.root, below(directory.path, folder), "")


def _is_folder(target: str) -> bool:
    """Whether a destination says by itself that it is a folder."""
    return target.endswith(("/", "/.")) or target in {".", ".."}
