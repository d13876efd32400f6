"""From a bundle's description to values of the engine: the container of a step, with its services."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portable_dagger.bundle.readiness import with_check
from portable_dagger.graph.values import (
    CacheMount,
    CacheVolume,
    Container,
    Directory,
    DirectoryMount,
    File,
    NetworkProtocol,
    Port,
    Secret,
    SecretMount,
    Service,
    TempMount,
)
from portable_dagger.images.layers import snapshot_of
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from portable_dagger.bundle import description
    from portable_dagger.bundle.reading import Reader
    from portable_dagger.graph.values import Mount
    from portable_dagger.store.snapshot import Snapshot
    from portable_dagger.store.store import Store

PLACEHOLDER = "secret-that-this-replay-does-not-have"
"""What stands for a secret that was not given."""


@dataclass(frozen=True, slots=True)
class Restorer:
    """Makes the values of one attempt: services and cache volumes are its own, as they were captured.

    layers: the store's layers by diff_id. secrets: by name; `placeholder` stands for those that were not given.
    source: what replaces the source under test, if anything does, at `place`.
    """

    store: Store
    reader: Reader
    layers: Mapping[str, str]
    secrets: Mapping[str, Secret]
    placeholder: Secret
    source: Directory | None = None
    place: str = ""
    identity: str = field(default_factory=lambda: secrets.token_hex(8))
    _services: dict[str, Service] = field(default_factory=dict)

    def container(
        self, place: description.Place, ports: Iterable[description.Port] = ()
    ) -> Container:
        """Return the container of a step or service."""
        mounts = [mount for m in place.mounts if (mount := self._mount(m)) is not None]
        return Container(
            platform=place.platform,
            root=self._snapshot(place.root),
            config=self.reader.image_config(place.image),
            mounts=tuple(mounts),
            secret_environment=tuple(
                (variable, self._secret(name)) for variable, name in place.secrets
            ),
            volatile_environment=place.environment,
            services=tuple((alias, self.service(name)) for alias, name in place.services),
            ports=tuple(
                Port(port.port, NetworkProtocol[port.protocol], None, port.skip_healthcheck)
                for port in ports
            ),
        )

    def step(self, step: description.Step) -> Container:
        """Return the container of a step, with the source that replaces the captured one."""
        container = self.container(step.place, step.ports)
        if self.source is None:
            return container
        mount = DirectoryMount(self.place, self.source)
        others = tuple(m for m in container.mounts if m.target != self.place)
        return container.replace(mounts=(*others, mount))

    def itself(self, step: description.Step) -> Service:
        """Return the service that a step is, one that did not start."""
        place = step.place
        return Service(
            identity=f"{self.identity}-{place.image}",
            container=self.step(step),
            args=place.args,
            hostname=step.hostname,
            privileged=place.privileged,
            nested=place.nested,
            init=place.init,
        )

    def service(self, name: str) -> Service:
        """Return a service; one instance of it runs for all that is bound to it."""
        if name not in self._services:
            found = self.reader.description.service(name)
            container = self.container(found.place, found.ports)
            if found.data:
                tree = Tree(self.store.layer_paths(container.root))
                container = with_check(container, lambda path: tree.lookup(path) is not None)
            self._services[name] = Service(
                identity=f"{self.identity}-{name}",
                container=container,
                args=found.place.args,
                hostname=found.hostname,
                privileged=found.place.privileged,
                nested=found.place.nested,
                init=found.place.init,
            )
        return self._services[name]

    def _snapshot(self, diff_ids: Iterable[str]) -> Snapshot:
        return snapshot_of([self.layers[diff_id] for diff_id in diff_ids])

    def _mount(self, mount: description.Mount) -> Mount | None:
        match mount.kind:
            case "directory":
                root = self._snapshot((mount.content,))
                return DirectoryMount(
                    mount.target, Directory(root, mount.path), read_only=mount.read_only
                )
            case "file":
                root = self._snapshot((mount.content,))
                return DirectoryMount(
                    mount.target, File(root, mount.path), read_only=mount.read_only
                )
            case "cache":
                # Empty at each attempt, as the bundle does not hold what was in it.
                return CacheMount(mount.target, CacheVolume(mount.name, f"replay {self.identity}"))
            case "temp":
                return TempMount(mount.target, mount.size)
            case "secret":
                return SecretMount(mount.target, self._secret(mount.name), mount.owner, mount.mode)
        # A socket of another host: there is nothing to mount, and the step's missing inputs name it.
        return None

    def _secret(self, name: str) -> Secret:
        return self.secrets.get(name, self.placeholder)
