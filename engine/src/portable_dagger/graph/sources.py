"""Git repositories and what they lead to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from portable_dagger.graph.values import Value

if TYPE_CHECKING:
    from portable_dagger.graph.values import Directory, Secret, Service, Socket


@dataclass(frozen=True, slots=True)
class GitRepository(Value):
    """A repository: at a URL, or in a directory; only one of the session's main client may be on this machine."""

    api_type: ClassVar[str] = "GitRepository"
    url: str = ""
    directory: Directory | None = None
    username: str = ""
    token: Secret | None = None
    header: Secret | None = None
    service: Service | None = None
    known_hosts: str = ""
    socket: Socket | None = None
    of_main_client: bool = False


@dataclass(frozen=True, slots=True)
class GitRef(Value):
    """A ref by its full name (or a commit's hash), and the commit that it led to when it was asked for."""

    api_type: ClassVar[str] = "GitRef"
    repository: GitRepository
    ref: str
    commit: str
