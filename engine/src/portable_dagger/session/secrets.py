"""Secrets: their texts stay in the memory of the session that knows them; providers read them on the client's behalf.

Providers (the brief, section 5.6): `env://NAME`, `file://PATH` (~ is the client's home), `cmd://SHELL COMMAND`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import NotFoundError, QueryError
from portable_dagger.graph.values import Secret

if TYPE_CHECKING:
    from portable_dagger.session.client import Client
    from portable_dagger.session.session import Session

LIMIT = 128_000
"""Bytes that the text of a setSecret may have (the brief, section 5.2)."""

OTHER_PROVIDERS = frozenset({"op", "vault", "libsecret", "gcp", "aws+sm", "aws+ps"})


class SecretStore:
    """The secret texts of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._texts: dict[str, bytes] = {}
        self._named: set[str] = set()
        self.known: set[bytes] = set()
        """Every text that was read in this session: the record of the run must not have it."""

    def put(self, client: Client, name: str, text: str) -> str:
        """Keep the text of a client's setSecret and return its holder; another text under the same name replaces it.

        Modules have names of their own; so has each command in a container, which is nobody's deputy.
        """
        data = text.encode()
        if len(data) > LIMIT:
            raise QueryError(
                f'secret "{name}" has {len(data)} bytes; {LIMIT} is the limit', "mount it as a file"
            )
        holder = f"{client.id if client.nested else client.namespace}:{name}"
        self._texts[holder] = data
        self.known.add(data)
        return holder

    async def from_uri(self, uri: str, cache_key: str | None, client: Client) -> Secret:
        """Return the secret of a URI; its cache key is made of its text unless one is given.

        Only the session's own client may name the host's secrets: a function gets those that it is handed.
        """
        if not client.is_main:
            raise NotFoundError(
                f"secret {uri.partition('://')[0]}://…: functions and commands cannot read the host's secrets",
                "hand the secret over as an argument",
            )
        self._named.add(uri)
        scheme, found, _ = uri.partition("://")
        if not found or scheme not in {"env", "file", "cmd"}:
            hint = "the embedded engine reads env://, file:// and cmd://"
            if scheme in OTHER_PROVIDERS:
                raise QueryError(
                    f'secret provider "{scheme}" is not supported by this engine', hint
                )
            raise QueryError(f'unsupported secret provider: "{scheme}"', hint)
        if cache_key is None:
            try:
                text = await self._read(uri)
            except NotFoundError as error:
                self._session.progress.warning(str(error))
                text = os.urandom(16)
            cache_key = hmac.new(self._session.engine.salt, text, hashlib.sha256).hexdigest()
        return Secret(holder=uri, cache_key=cache_key, uri=uri, session=self._session.id)

    async def text(self, secret: Secret, client: Client) -> bytes:
        """Return a secret's text; NotFoundError when the session has none.

        A result kept from another session may hold that session's secrets: this session's own client gives them its
        own texts; functions and commands read of them only what it has named.
        """
        if (
            secret.session != self._session.id
            and not client.is_main
            and secret.uri not in self._named
        ):
            raise NotFoundError(
                f'secret "{secret.name or secret.uri.partition("://")[0] + "://…"}" belongs to another session',
                "hand the secret over as an argument",
            )
        if secret.uri:
            return await self._read(secret.uri)
        try:
            return self._texts[secret.holder]
        except KeyError:
            raise NotFoundError(
                f'secret "{secret.name}" is not known in this session',
                "set it again with setSecret",
            ) from None

    async def _read(self, uri: str) -> bytes:
        text = await self._provided(uri)
        self.known.add(text)
        return text

    async def _provided(self, uri: str) -> bytes:
        scheme, _, rest = uri.partition("://")
        if scheme == "env":
            value = self._session.environment_of(rest)
            if value is None:
                raise NotFoundError(f'secret env var not found: "{rest[:3]}..."', f"export {rest}")
            return value.encode()
        if scheme == "file":
            path = self._session.workdir / _expanded(rest, self._session.home())
            try:
                return await asyncio.to_thread(path.read_bytes)
            except OSError as error:
                raise NotFoundError(f'secret file "{rest}": {error.strerror}') from error
        return await self._command(rest)

    async def _command(self, command: str) -> bytes:
        process = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            command,
            cwd=self._session.workdir,
            env=self._session.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # so that it can be ended with what it started
        )
        try:
            stdout, stderr = await process.communicate()
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode:
            last = stderr.decode(errors="replace").strip()[-200:]
            raise NotFoundError(f"secret command failed: exit status {process.returncode}: {last}")
        return stdout


def _expanded(path: str, home: Path) -> Path:
    return home / path[2:] if path.startswith("~/") else Path(path)
