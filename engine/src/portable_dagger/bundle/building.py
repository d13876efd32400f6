"""From values of the engine to the parts of a bundle: places, mounts, layers, and the images that hold them."""

from __future__ import annotations

import dataclasses
import os
import posixpath
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from portable_dagger.bundle.description import (
    Layer,
    Missing,
    Mount,
    Outcome,
    Place,
    Port,
    Report,
    Service,
)
from portable_dagger.bundle.images import Image
from portable_dagger.bundle.layers import pack_layer, pack_tree
from portable_dagger.graph.values import (
    CacheMount,
    Container,
    DirectoryMount,
    File,
    SecretMount,
    SocketMount,
    TempMount,
)
from portable_dagger.ops.command import Command
from portable_dagger.ops.launch import ROOT, volume_key
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portable_dagger.bundle.data import Found
    from portable_dagger.bundle.layers import Packed
    from portable_dagger.bundle.masking import Mask
    from portable_dagger.graph.values import Mount as MountValue
    from portable_dagger.graph.values import Secret
    from portable_dagger.graph.values import Service as ServiceValue
    from portable_dagger.images.config import Pairs
    from portable_dagger.images.healthcheck import Healthcheck
    from portable_dagger.store.store import Store

SMALL: Final = 64 * 2**10
"""Bytes of a blob up to which a layer stays in a thin bundle, whatever made it."""


@dataclass(slots=True)
class Builder:
    """Collects what goes into one bundle; everything that it takes is masked."""

    store: Store
    mask: Mask
    layers: dict[str, Layer] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    images: list[Image] = field(default_factory=list)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)
    _masked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _bases: set[str] = field(default_factory=set)
    _titles: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look up what made each layer."""
        self._titles = {
            fact.name: f"{fact.kind} {fact.title}"
            for fact in self.store.facts.all().values()
            if fact.place == "layer"
        }

    def pack(self, containers: Iterable[Container]) -> None:
        """Pack the layers of containers and of their services, several at once: the store has them then."""
        waiting = list(containers)
        layers: dict[str, None] = {}
        while waiting:
            container = waiting.pop()
            layers |= dict.fromkeys(container.root.layers)
            waiting += [s.container for _, s in container.services if s.container is not None]
        with ThreadPoolExecutor(max(1, len(os.sched_getaffinity(0))), "pack") as pool:
            for done in [pool.submit(pack_layer, self.store, d, self.mask) for d in layers]:
                done.result()

    def place(self, image: str, container: Container, command: Command, found: Found) -> Place:
        """Describe where a command runs, and pack what it sees."""
        return self._place(image, container, command, found, {})

    def missing(self, container: Container, place: Place, found: Found) -> tuple[Missing, ...]:
        """Return what a step needs and the bundle does not hold, its services' needs included."""
        lacking = self._lacking(container)
        for alias, service in container.services:
            if service.container is None:
                lacking.append(Missing("service", alias, "it is a port of the host"))
            else:
                inner = self._lacking(service.container)
                lacking += [dataclasses.replace(m, name=f"{m.name} ({alias})") for m in inner]
                if service.identity not in found.layers:
                    lacking.append(Missing("service", alias, "its files are as it began"))
        if place.nested:
            reason = "the command may ask the engine to fetch something"
            lacking.append(Missing("network", "of the engine's API", reason))
        layers = {*place.root, *(mount.content for mount in place.mounts)}
        for _, name in place.services:
            inner_place = self.services[name].place
            layers |= {*inner_place.root, *(mount.content for mount in inner_place.mounts)}
        lacking += [
            Missing("masked", path, "it holds a secret, which was replaced by asterisks")
            for layer in sorted(layers)
            for path in self._masked.get(layer, ())
        ]
        named = (dataclasses.replace(m, name=self.mask.text(m.name)) for m in lacking)
        return tuple(dict.fromkeys(named))

    def outcome(self, outcome: Outcome) -> Outcome:
        """Return an outcome with its blobs in the bundle."""
        return dataclasses.replace(
            outcome,
            error=self.mask.text(outcome.error),
            stdout=self._kept(outcome.stdout),
            stderr=self._kept(outcome.stderr),
            combined=self._kept(outcome.combined),
            reports=tuple(
                Report(self.mask.text(report.path), self._kept(report.blob))
                for report in outcome.reports
            ),
        )

    def blob(self, content: bytes) -> str:
        """Put some bytes into the bundle and return their digest."""
        return self.store.put_blob(self.mask.data(content), "output", "of a bundle")

    def source(self, place: Place, workdir: str) -> str:
        """Return where the source under test is: the innermost mounted directory that holds the working directory."""
        workdir = posixpath.join(ROOT, workdir)
        holding = [
            mount.target
            for mount in place.mounts
            if mount.kind == "directory" and f"{workdir}/".startswith(f"{mount.target}/")
        ]
        return max(holding, key=len, default=workdir)

    def ports(self, container: Container) -> tuple[Port, ...]:
        """Return the ports that a service's container exposes."""
        return tuple(
            Port(port.port, port.protocol.name, port.skip_healthcheck) for port in container.ports
        )

    def leave_out(self) -> None:
        """Leave out the layers of images and of earlier commands: for readers who have them, or a bundle that does."""
        for diff_id in self._bases:
            layer = self.layers[diff_id]
            if layer.size > SMALL:
                self.layers[diff_id] = dataclasses.replace(layer, held=False)

    def _place(
        self,
        image: str,
        container: Container,
        command: Command,
        found: Found,
        own: dict[str, str],
    ) -> Place:
        root = [self._layer(digest, base=True) for digest in container.root.layers]
        if ROOT in own:
            root.append(self._layer(own[ROOT], base=False))
        mounts = tuple(self._mount(container, mount, own) for mount in container.mounts)
        services = tuple(
            (self.mask.text(alias), self._service(service, found))
            for alias, service in container.services
            if service.container is not None
        )
        args = tuple(map(self.mask.text, command.args))
        place = Place(
            image=image,
            platform=container.platform,
            args=args,
            root=tuple(root),
            environment=self._masked_pairs(container.volatile_environment),
            secrets=tuple(
                (self.mask.text(variable), self._secret(secret))
                for variable, secret in container.secret_environment
            ),
            mounts=mounts,
            services=services,
            privileged=command.privileged,
            nested=command.nested,
            init=command.init,
        )
        config = dataclasses.replace(
            container.config,
            env=self._masked_pairs(container.config.env),
            entrypoint=None,
            cmd=args,
            labels=self._masked_pairs(container.config.labels),
            user=self.mask.text(container.config.user),
            workdir=self.mask.path(container.config.workdir),
            healthcheck=self._healthcheck(container),
        )
        # As at a launch: what is mounted further down is not hidden by what is mounted above it.
        downwards = sorted(mounts, key=lambda mount: mount.target.count("/"))
        contents = [mount.content for mount in downwards if mount.content]
        layers = (*root, *contents)
        self.images.append(Image(image, container.platform, config, layers))
        return place

    def _masked_pairs(self, pairs: Pairs) -> Pairs:
        return tuple((self.mask.text(name), self.mask.text(value)) for name, value in pairs)

    def _healthcheck(self, container: Container) -> Healthcheck | None:
        check = container.config.healthcheck
        return check and dataclasses.replace(check, args=tuple(map(self.mask.text, check.args)))

    def _service(self, service: ServiceValue, found: Found) -> str:
        own = found.layers.get(service.identity, {})
        key = (service.identity, repr(sorted(own.items())))
        if key not in self._names:
            name = self._names[key] = f"service-{len(self._names) + 1}"
            assert service.container is not None
            place = self._place(name, service.container, command_of(service), found, own)
            self.services[name] = Service(
                name=name,
                hostname=self.mask.text(service.hostname),
                place=place,
                ports=self.ports(service.container),
                data=service.identity in found.layers,
            )
        return self._names[key]

    def _mount(self, container: Container, mount: MountValue, own: dict[str, str]) -> Mount:
        target = self.mask.path(mount.target)
        match mount:
            case DirectoryMount():
                return self._directory(container, mount, own)
            case CacheMount():
                return Mount(target, "cache", name=self.mask.text(mount.volume.key))
            case TempMount():
                return Mount(target, "temp", size=mount.size)
            case SecretMount():
                return Mount(
                    target,
                    "secret",
                    name=self._secret(mount.secret),
                    owner=mount.owner,
                    mode=mount.mode,
                )
            case SocketMount():
                return Mount(target, "socket", owner=mount.owner)

    def _directory(self, container: Container, mount: DirectoryMount, own: dict[str, str]) -> Mount:
        added = (own[mount.target],) if mount.target in own else ()
        snapshot = Snapshot((*mount.source.root.layers, *added))
        place = Tree(self.store.layer_paths(container.root)).real_path(mount.target)
        packed = pack_tree(
            self.store,
            snapshot,
            mount.source.path,
            place,
            self.mask,
            below=container.root,
            title=self.mask.text(f"what is mounted at {mount.target}"),
        )
        return Mount(
            self.mask.path(mount.target),
            "file" if isinstance(mount.source, File) else "directory",
            content=self._packed(packed),
            path=self.mask.path(place),
            read_only=mount.read_only,
        )

    def _layer(self, digest: str, *, base: bool) -> str:
        title = self.mask.text(self._titles.get(digest, ""))
        packed = pack_layer(self.store, digest, self.mask, title)
        if base:
            self._bases.add(packed.layer.diff_id)
            origin = self.store.origins.of(digest)
            packed = dataclasses.replace(
                packed, layer=dataclasses.replace(packed.layer, origin=origin)
            )
        return self._packed(packed)

    def _packed(self, packed: Packed) -> str:
        layer = packed.layer
        self.layers.setdefault(layer.diff_id, layer)
        if packed.masked:
            self._masked[layer.diff_id] = tuple(path for path, _ in packed.masked)
        return layer.diff_id

    def _lacking(self, container: Container) -> list[Missing]:
        found = [
            Missing("secret", self._secret(secret), f"the variable {variable}")
            for variable, secret in container.secret_environment
        ]
        for mount in container.mounts:
            match mount:
                case SecretMount():
                    found.append(Missing("secret", self._secret(mount.secret), mount.target))
                case CacheMount() if self._filled(mount):
                    reason = f"the cache volume at {mount.target} is empty at a replay"
                    found.append(Missing("cache", self.mask.text(mount.volume.key), reason))
                case SocketMount():
                    found.append(Missing("socket", mount.target, "it is a socket of the host"))
        return found

    def _filled(self, mount: CacheMount) -> bool:
        path = self.store.volumes().get(volume_key(mount))
        return path is not None and path.exists() and any(path.iterdir())

    def _secret(self, secret: Secret) -> str:
        """Return a secret's name: that of setSecret, else the last part of its URI; `cmd` for a command's output."""
        if secret.name:
            return self.mask.text(secret.name)
        scheme, _, rest = secret.uri.partition("://")
        return scheme if scheme == "cmd" else self.mask.text(posixpath.basename(rest))

    def _kept(self, digest: str) -> str:
        return self.blob(self.store.get_blob(digest)) if digest else ""


def command_of(service: ServiceValue) -> Command:
    """Return what a service runs, as a command."""
    return Command(
        service.args, nested=service.nested, privileged=service.privileged, init=service.init
    )
