"""The configuration of an image: environment, command, user and the rest of what is not in its files."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portable_dagger.images.healthcheck import Healthcheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """An image's configuration.

    `entrypoint` and `cmd` are None where the image has none; `exposed_ports` are texts such as `80/tcp`;
    `annotations` belong to the manifest and are kept here because pipelines set them beside the rest.
    """

    env: Pairs = ()
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    workdir: str = ""
    user: str = ""
    labels: Pairs = ()
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    healthcheck: Healthcheck | None = None
    stop_signal: str = ""
    shell: tuple[str, ...] | None = None
    on_build: tuple[str, ...] = ()
    annotations: Pairs = ()

    @classmethod
    def from_json(
        cls, config: Mapping[str, Any] | None, annotations: Mapping[str, str] | None = None
    ) -> ImageConfig:
        """Read the `config` object of an image configuration (OCI image specification v1.1, config.md)."""
        value = config or {}
        return cls(
            env=tuple(_split(entry) for entry in value.get("Env") or ()),
            entrypoint=_arguments(value.get("Entrypoint")),
            cmd=_arguments(value.get("Cmd")),
            workdir=value.get("WorkingDir") or "",
            user=value.get("User") or "",
            labels=tuple((value.get("Labels") or {}).items()),
            exposed_ports=tuple(value.get("ExposedPorts") or ()),
            volumes=tuple(value.get("Volumes") or ()),
            healthcheck=Healthcheck.from_json(value.get("Healthcheck")),
            stop_signal=value.get("StopSignal") or "",
            shell=_arguments(value.get("Shell")),
            on_build=tuple(value.get("OnBuild") or ()),
            annotations=tuple((annotations or {}).items()),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the `config` object; what is empty is left out. Annotations are not part of it."""
        value: dict[str, Any] = {
            "User": self.user,
            "ExposedPorts": {port: {} for port in sorted(self.exposed_ports)},
            "Env": [f"{name}={text}" for name, text in self.env],
            "Entrypoint": list(self.entrypoint or ()),
            "Cmd": list(self.cmd or ()),
            "Healthcheck": self.healthcheck.to_json() if self.healthcheck else None,
            "Volumes": {path: {} for path in sorted(self.volumes)},
            "WorkingDir": self.workdir,
            "Labels": dict(sorted(self.labels)),
            "OnBuild": list(self.on_build),
            "StopSignal": self.stop_signal,
            "Shell": list(self.shell or ()),
        }
        return {name: entry for name, entry in value.items() if entry}

    def over(self, parent: ImageConfig) -> ImageConfig:
        """Return this configuration with the variables, labels and annotations of `parent` that it lacks.

        That is what `from` makes of a container that already has some.
        """
        return dataclasses.replace(
            self,
            env=merge(parent.env, self.env),
            labels=merge(parent.labels, self.labels),
            annotations=merge(parent.annotations, self.annotations),
        )


def merge(first: Pairs, then: Iterable[tuple[str, str]]) -> Pairs:
    """Return `first` with the pairs of `then` put in: a known name keeps its place, a new one goes to the end."""
    return tuple({**dict(first), **dict(then)}.items())


def without(pairs: Pairs, name: str) -> Pairs:
    """Return the pairs but for one name."""
    return tuple(pair for pair in pairs if pair[0] != name)


def lookup(pairs: Pairs, name: str) -> str | None:
    """Return the value of a name, or None."""
    return dict(pairs).get(name)


def _split(entry: str) -> tuple[str, str]:
    name, _, value = entry.partition("=")
    return name, value


def _arguments(value: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)
