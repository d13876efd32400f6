"""Registries to publish to: their names as users write them, and where each is reached."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import dagger

from ci.errors import RegistryError

DEFAULT: Final = "docker.io"
_DEFAULT_ADDRESS: Final = "https://registry-1.docker.io"
_AUTH: Final = "/run/secrets/auth"
_LOOPBACK: Final = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?")
_REPOSITORY: Final = re.compile(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*")
_HINT: Final = (
    "Write it as HOST[:PORT]/NAME, in small letters, without a tag: tags follow from git."
)


@dataclass(frozen=True, slots=True)
class Registry:
    """A repository in a registry: its host, its name there, and the alias of a service that is the registry."""

    host: str
    name: str
    alias: str = ""

    @property
    def repository(self) -> str:
        """The repository as references name it."""
        return f"{self.host}/{self.name}"

    @property
    def port(self) -> str:
        """The port of a registry that speaks plain HTTP."""
        return self.host.rpartition(":")[2] if ":" in self.host else "80"

    @property
    def address(self) -> str:
        """Where the registry is reached from a container."""
        if self.alias:
            return f"http://{self.alias}:{self.port}"
        return _DEFAULT_ADDRESS if self.host == DEFAULT else f"https://{self.host}"


def parse(text: str) -> Registry:
    """Read a repository's name; one without a host is of the default registry. Raises RegistryError."""
    host, slash, name = text.partition("/")
    if not slash or not ({".", ":"} & set(host) or host == "localhost"):
        host, name = DEFAULT, text if slash else f"library/{text}"
    if not _REPOSITORY.fullmatch(name):
        raise RegistryError(f"{text!r} names no repository", _HINT)
    return Registry(host, name)


@dataclass(frozen=True, slots=True)
class Reach:
    """Registries, with what a container needs to reach them: services by their aliases, and a file of logins."""

    registries: tuple[Registry, ...]
    services: tuple[tuple[str, dagger.Service], ...] = ()
    auth: dagger.Secret | None = None

    def bound(self, container: dagger.Container) -> dagger.Container:
        """Return a container that reaches the registries; it does so anew at each call."""
        for alias, service in self.services:
            container = container.with_service_binding(alias, service)
        if self.auth is not None:
            container = container.with_mounted_secret(_AUTH, self.auth)
        return container.with_env_variable("NOW", str(time.time_ns()))

    def arguments(self) -> list[str]:
        """Return the arguments by which a program finds the logins."""
        return [] if self.auth is None else [f"--auth={_AUTH}"]


async def reach(
    names: Sequence[str], services: Sequence[dagger.Service], auth: dagger.Secret | None
) -> Reach:
    """Return the registries of names.

    A container's loopback is its own: a registry on this machine's loopback needs a service that stands for it, which
    is told by its port. Raises RegistryError where there is none.
    """
    if not names:
        raise RegistryError(
            "no registry is given", "Give --registry=HOST/NAME, once or more often."
        )
    by_port = {}
    for service in services:
        endpoint = await service.endpoint()
        by_port[endpoint.rpartition(":")[2]] = service
    bound: dict[str, dagger.Service] = {}
    registries = []
    for registry in map(parse, names):
        if not _LOOPBACK.fullmatch(registry.host):
            registries.append(registry)
            continue
        port = registry.port
        if port not in by_port:
            raise RegistryError(
                f"{registry.host} is this machine's own address, which containers cannot reach",
                f"Bring it in as a service: --service=tcp://{registry.host}",
            )
        alias = f"registry-{port}"
        bound[alias] = by_port[port]
        registries.append(Registry(registry.host, registry.name, alias))
    return Reach(tuple(registries), tuple(bound.items()), auth)
