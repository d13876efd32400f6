"""Evaluated values: what a recipe's evaluation gives.

Values are immutable. Where a value goes into the key of a step, `key()` says what of it counts: content, never how it
came about. Secrets count by name or cache key, never by their text.
"""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass, field
from typing import Any, ClassVar

from portable_dagger.api.types import enum_type
from portable_dagger.images.config import ImageConfig
from portable_dagger.store.snapshot import Snapshot


@enum_type
class CacheSharingMode(str, enum.Enum):
    """Sharing mode of the cache volume."""

    SHARED = "SHARED"
    PRIVATE = "PRIVATE"
    LOCKED = "LOCKED"


@enum_type
class NetworkProtocol(str, enum.Enum):
    """Transport layer network protocol associated to a port."""

    TCP = "TCP"
    UDP = "UDP"


class Value:
    """Any evaluated object; `api_type` is its GraphQL type."""

    api_type: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Directory(Value):
    """A directory: the tree below `path` in a snapshot."""

    api_type: ClassVar[str] = "Directory"
    root: Snapshot = field(default_factory=Snapshot)
    path: str = "/"


@dataclass(frozen=True, slots=True)
class File(Value):
    """A file: `path` in a snapshot; its name is the last part of the path."""

    api_type: ClassVar[str] = "File"
    root: Snapshot
    path: str

    @property
    def name(self) -> str:
        """The last element of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Secret(Value):
    """A secret: its text stays with the session that knows it.

    `cache_key` is what counts in the keys of steps; `holder` names where the session keeps the text: a name given to
    setSecret, or a URI. `session` is the ID of the session that made it: functions of another one may not read it.
    """

    api_type: ClassVar[str] = "Secret"
    holder: str
    cache_key: str
    name: str = ""
    uri: str = ""
    session: str = ""


@dataclass(frozen=True, slots=True)
class CacheVolume(Value):
    """A cache volume; equal fields are the same volume."""

    api_type: ClassVar[str] = "CacheVolume"
    key: str
    namespace: str
    owner: str = ""
    sharing: CacheSharingMode = CacheSharingMode.SHARED
    source: Directory | None = None
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class Socket(Value):
    """A unix socket of the host."""

    api_type: ClassVar[str] = "Socket"
    path: str
    client: str = ""


@dataclass(frozen=True, slots=True)
class Port(Value):
    """A port that a container exposes."""

    api_type: ClassVar[str] = "Port"
    port: int
    protocol: NetworkProtocol = NetworkProtocol.TCP
    description: str | None = None
    skip_healthcheck: bool = False


@dataclass(frozen=True, slots=True)
class DirectoryMount:
    """A directory, or a file, mounted at `target`."""

    target: str
    source: Directory | File
    owner: tuple[int, int] | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class CacheMount:
    """A cache volume mounted at `target`."""

    target: str
    volume: CacheVolume


@dataclass(frozen=True, slots=True)
class TempMount:
    """An empty tmpfs at `target`; size in bytes, None for the kernel's default."""

    target: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class SecretMount:
    """A secret's text as a file at `target`."""

    target: str
    secret: Secret
    owner: tuple[int, int] = (0, 0)
    mode: int = 0o400


@dataclass(frozen=True, slots=True)
class SocketMount:
    """A unix socket of the host at `target`."""

    target: str
    socket: Socket
    owner: tuple[int, int] = (0, 0)


Mount = DirectoryMount | CacheMount | TempMount | SecretMount | SocketMount


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What the last exec of a container left: its streams as blobs of the store, and its exit code.

    `key` is the key of its step: the same command again is another step, even if the first changed no file.
    """

    key: str
    exit_code: int
    stdout: str
    stderr: str
    combined: str


@dataclass(frozen=True, slots=True)
class Container(Value):
    """A container: a root file system, an image configuration, and what is mounted and bound."""

    api_type: ClassVar[str] = "Container"
    platform: str
    root: Snapshot = field(default_factory=Snapshot)
    config: ImageConfig = field(default_factory=ImageConfig)
    mounts: tuple[Mount, ...] = ()
    secret_environment: tuple[tuple[str, Secret], ...] = ()
    volatile_environment: tuple[tuple[str, str], ...] = ()
    services: tuple[tuple[str, Service], ...] = ()
    ports: tuple[Port, ...] = ()
    registry_auth: tuple[tuple[str, str, Secret], ...] = ()
    last_exec: ExecResult | None = None
    image_ref: str = ""
    terminal_command: tuple[str, ...] = ()

    def replace(self, **changes: Any) -> Container:  # noqa: ANN401  the fields of this class
        """Return a copy with some fields changed; a changed container is no longer the image it came from."""
        return dataclasses.replace(self, **{"image_ref": "", **changes})

    def configured(self, **changes: Any) -> Container:  # noqa: ANN401  the fields of ImageConfig
        """Return a copy with some fields of its image configuration changed."""
        return self.replace(config=dataclasses.replace(self.config, **changes))


@dataclass(frozen=True, slots=True)
class Service(Value):
    """A service: a container with the command that it runs, or a port of the host.

    `identity` is the digest of the recipe that defines it: one instance runs per session and identity.
    """

    api_type: ClassVar[str] = "Service"
    identity: str
    container: Container | None = None
    args: tuple[str, ...] = ()
    hostname: str = ""
    privileged: bool = False
    nested: bool = False
    init: bool = True
    tunnel: Tunnel | None = None
    host: HostPorts | None = None

    @property
    def exposed(self) -> tuple[Port, ...]:
        """The ports that a container bound to it reaches; a tunnel's are those of what it leads to."""
        if self.host is not None:
            return tuple(Port(p.frontend or p.backend, p.protocol) for p in self.host.ports)
        return self.container.ports if self.container is not None else ()


@dataclass(frozen=True, slots=True)
class PortPair:
    """A port forward: `frontend` None lets the listener choose."""

    frontend: int | None
    backend: int
    protocol: NetworkProtocol = NetworkProtocol.TCP


@dataclass(frozen=True, slots=True)
class Tunnel:
    """Host ports that lead to a service."""

    service: Service
    ports: tuple[PortPair, ...]
    native: bool = False


@dataclass(frozen=True, slots=True)
class HostPorts:
    """Ports of the host that containers reach as a service."""

    host: str
    ports: tuple[PortPair, ...]
