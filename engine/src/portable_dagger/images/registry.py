"""Registries: pulling and pushing by skopeo, which brings auth files, mirrors and TLS settings of the host.

skopeo runs in the host's network where the engine has one of its own, so that a registry on the host's loopback can
be reached. Plain HTTP is allowed there, and where a service of a session stands for a registry (`Registries.at`).
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portable_dagger.errors import ImageNotFoundError, RegistryError
from portable_dagger.images.layout import (
    INDEXES,
    Layout,
    Manifest,
    choose,
    descriptors,
    digest_of,
    manifest,
    read_object,
)
from portable_dagger.images.reference import DEFAULT_REGISTRY, Reference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from portable_dagger.images.platform import Platform

# A registry that has not answered is not asked again for this long (seconds).
REMEMBER_SILENCE = 600.0
_ANSWER_TIMEOUT = 5.0
_TRANSFER_TIMEOUT = 1800.0
# What skopeo says when the registry did answer, and has no such image (distribution specification, error codes; the
# default registry answers "denied" for a repository that does not exist).
_NOT_FOUND = ("manifest unknown", "name unknown", "not found", "denied", "unauthorized")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A login for one registry."""

    registry: str
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class RemoteImage:
    """What a registry says of an image: the digest that its name leads to, and the image of one platform."""

    reference: Reference
    digest: str
    pinned: Reference
    manifest: Manifest


class Registries:
    """Access to registries.

    network: the path of the network namespace to use, None for the current one.
    endpoint: host:port of a service that stands for whichever registry is named, "" for the registries themselves.
    """

    def __init__(self, network: Path | None = None, endpoint: str = "") -> None:
        self._network = network
        self.endpoint = endpoint
        self._silent: dict[str, tuple[float, str]] = {}

    def at(self, endpoint: str) -> Registries:
        """Return the registry that a service at host:port is, whatever the names say."""
        return Registries(self._network, endpoint)

    async def find(
        self, reference: Reference, platform: Platform, credentials: Credentials | None = None
    ) -> RemoteImage:
        """Ask a registry for an image without its layers.

        Raises ImageNotFoundError if it has none for the platform, RegistryError if it does not answer.
        """
        self._check_silence(reference)
        raw = await self._first_answer(reference, credentials)
        digest = digest_of(raw)
        value = read_object(raw, str(reference))
        pinned = reference.with_digest(digest)
        if value.get("mediaType") in INDEXES or "manifests" in value:
            chosen = choose(descriptors(value), platform)
            if chosen is None:
                raise ImageNotFoundError(f"no manifest matches requested platform for {digest}")
            pinned = reference.with_digest(chosen.digest)
            value = read_object(await self._inspect(pinned, credentials), str(pinned))
        config = read_object(
            await self._inspect(pinned, credentials, "--config"), f"{pinned} configuration"
        )
        found = manifest(value, config)
        if (found.platform.os, found.platform.architecture) != (platform.os, platform.architecture):
            raise ImageNotFoundError(f"no manifest matches requested platform for {digest}")
        return RemoteImage(reference.with_digest(digest), digest, pinned, found)

    async def pull(
        self, image: RemoteImage, folder: Path, credentials: Credentials | None = None
    ) -> tuple[Layout, Manifest]:
        """Copy an image into an OCI layout in a new folder; return it with the manifest that names its blobs."""
        with self._login_file(credentials) as login:
            source = f"docker://{self._transport_name(image.pinned)}"
            options = [*login, f"--src-tls-verify={self._verify(image.pinned)}", "--quiet"]
            await self._skopeo(["copy", *options, source, f"oci:{folder}:image"], _TRANSFER_TIMEOUT)
        layout = Layout(folder)
        return layout, layout.manifest(layout.index()[0], image.manifest.platform)

    async def push(
        self,
        folder: Path,
        reference: Reference,
        credentials: Credentials | None = None,
        *,
        docker_types: bool = False,
    ) -> str:
        """Copy an OCI layout's image, all platforms of it, to a registry; return the digest that it has there."""
        with self._login_file(credentials) as login, tempfile.NamedTemporaryFile() as digest:
            options = [*login, f"--dest-tls-verify={self._verify(reference)}", "--quiet", "--all"]
            options += ["--format=v2s2"] if docker_types else ["--preserve-digests"]
            target = f"docker://{self._transport_name(reference.tagged())}"
            await self._skopeo(
                ["copy", *options, f"--digestfile={digest.name}", f"oci:{folder}", target],
                _TRANSFER_TIMEOUT,
            )
            return digest.read().decode().strip()

    async def copy(self, source: str, target: str) -> None:
        """Copy an image between two of skopeo's transports."""
        await self._skopeo(["copy", "--quiet", source, target], _TRANSFER_TIMEOUT)

    async def _first_answer(self, reference: Reference, credentials: Credentials | None) -> bytes:
        """Ask for the manifest; a registry that gives no answer is not asked again for a while."""
        try:
            return await self._inspect(reference, credentials)
        except ImageNotFoundError:
            raise
        except RegistryError as error:
            # A registry on this machine answers at once or is not there: nothing is gained by remembering that.
            if not (self.endpoint or reference.is_loopback):
                self._silent[reference.registry] = (time.monotonic(), error.message)
            raise

    def _check_silence(self, reference: Reference) -> None:
        silent = self._silent.get(reference.registry)
        if silent is not None and time.monotonic() - silent[0] < REMEMBER_SILENCE:
            raise RegistryError(silent[1])

    async def _inspect(
        self, reference: Reference, credentials: Credentials | None, *options: str
    ) -> bytes:
        with self._login_file(credentials) as login:
            target = f"docker://{self._transport_name(reference)}"
            verify = f"--tls-verify={self._verify(reference)}"
            return await self._skopeo(
                ["inspect", "--raw", *options, *login, verify, target], _ANSWER_TIMEOUT
            )

    async def _skopeo(self, arguments: list[str], limit: float) -> bytes:
        program = shutil.which("skopeo")
        if program is None:
            raise RegistryError("skopeo is not installed", hint="apt-get install skopeo")
        enter = ["nsenter", f"--net={self._network}"] if self._network else []
        process = await asyncio.create_subprocess_exec(
            *enter,
            program,
            *arguments,
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            output, problem = await asyncio.wait_for(process.communicate(), limit)
        except TimeoutError:
            raise RegistryError(f"no answer within {limit:.0f} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise _explain(problem.decode(errors="replace"))
        return output

    def _environment(self) -> dict[str, str]:
        """Return skopeo's environment; the host's proxy knows nothing of a session's services."""
        environment = dict(os.environ)
        if self.endpoint:
            direct = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
            environment["NO_PROXY"] = f"{direct},{self.endpoint.partition(':')[0]}".lstrip(",")
        return environment

    def _transport_name(self, reference: Reference) -> str:
        """Return the name for skopeo's docker transport, which takes a tag or a digest, not both."""
        if self.endpoint:
            reference = dataclasses.replace(reference, registry=self.endpoint)
        if reference.digest:
            return f"{reference.name}@{reference.digest}"
        return str(reference)

    def _verify(self, reference: Reference) -> str:
        return "false" if self.endpoint or reference.is_loopback else "true"

    @contextmanager
    def _login_file(self, credentials: Credentials | None) -> Iterator[list[str]]:
        """Give the option that makes skopeo use a login; a file, since other processes can read command lines."""
        if credentials is None:
            yield []
            return
        registry = self.endpoint or credentials.registry
        # The default registry's logins are kept under the address of its first protocol version (containers-auth.json).
        name = f"https://index.{DEFAULT_REGISTRY}/v1/" if registry == DEFAULT_REGISTRY else registry
        login = base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"auths": {name: {"auth": login}}}, file)
            file.flush()
            yield [f"--authfile={file.name}"]


def _explain(text: str) -> RegistryError:
    """Make an error of what skopeo said; its last line holds the cause."""
    lines = [line for line in text.splitlines() if line.strip()]
    cause = lines[-1] if lines else "skopeo failed without a word"
    _, found, message = cause.partition('msg="')
    cause = message.removesuffix('"').replace('\\"', '"') if found else cause
    if any(sign in cause.lower() for sign in _NOT_FOUND) and "no such host" not in cause:
        return ImageNotFoundError(cause)
    return RegistryError(
        cause, hint="check the registry's address and the host's network and login"
    )
