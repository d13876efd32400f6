"""Container fields of the image configuration: environment, user, workdir, command, labels, ports, health check."""

from __future__ import annotations

import dataclasses
import posixpath

from portable_dagger.api.container.type import CONTAINER
from portable_dagger.api.types import Platform
from portable_dagger.errors import EngineError
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import EnvFile, EnvVariable
from portable_dagger.graph.settings import HealthcheckConfig, Label
from portable_dagger.graph.values import Container, NetworkProtocol, Port, Secret
from portable_dagger.images.config import lookup, merge, without
from portable_dagger.images.healthcheck import Healthcheck, parse_duration
from portable_dagger.ops.paths import expanded


@CONTAINER.field()
async def platform(self: Container, context: Context) -> Platform:
    """The platform this container executes and publishes as."""
    return Platform(self.platform)


@CONTAINER.field()
async def env_variable(self: Container, context: Context, *, name: str) -> str | None:
    """Retrieve the value of an environment variable."""
    return lookup(self.config.env, name)


@CONTAINER.field()
async def env_variables(self: Container, context: Context) -> list[EnvVariable]:
    """Retrieve the environment variables."""
    return [EnvVariable(name, value) for name, value in self.config.env]


@CONTAINER.field()
async def with_env_variable(
    self: Container, context: Context, *, name: str, value: str, expand: bool = False
) -> Container:
    """Set a variable; with `expand`, $VAR in the value is replaced by earlier variables."""
    text = expanded(self, value, expand=expand)
    return self.configured(env=merge(self.config.env, [(name, text)]))


@CONTAINER.field()
async def without_env_variable(self: Container, context: Context, *, name: str) -> Container:
    """Remove a variable."""
    return self.configured(env=without(self.config.env, name))


@CONTAINER.field()
async def with_env_file_variables(
    self: Container, context: Context, *, source: EnvFile
) -> Container:
    """Set every variable of an env file."""
    return self.configured(env=merge(self.config.env, source.expanded()))


@CONTAINER.field()
async def with_volatile_variable(
    self: Container, context: Context, *, name: str, value: str
) -> Container:
    """Set a variable that commands see, and that is part of no cache key and no image."""
    return self.replace(volatile_environment=merge(self.volatile_environment, [(name, value)]))


@CONTAINER.field()
async def without_volatile_variable(self: Container, context: Context, *, name: str) -> Container:
    """Remove a volatile variable."""
    return self.replace(volatile_environment=without(self.volatile_environment, name))


@CONTAINER.field()
async def with_secret_variable(
    self: Container, context: Context, *, name: str, secret: Secret
) -> Container:
    """Set a variable to a secret's text, which never enters layers, logs or images."""
    others = tuple(pair for pair in self.secret_environment if pair[0] != name)
    return self.replace(secret_environment=(*others, (name, secret)))


@CONTAINER.field()
async def without_secret_variable(self: Container, context: Context, *, name: str) -> Container:
    """Remove a secret variable."""
    return self.replace(
        secret_environment=tuple(pair for pair in self.secret_environment if pair[0] != name)
    )


@CONTAINER.field()
async def user(self: Container, context: Context) -> str:
    """Retrieve the user that commands run as."""
    return self.config.user


@CONTAINER.field()
async def with_user(self: Container, context: Context, *, name: str) -> Container:
    """Set the user, `user[:group]`, names or numbers; it is looked up when a command runs."""
    return self.configured(user=name)


@CONTAINER.field()
async def without_user(self: Container, context: Context) -> Container:
    """Go back to the default user."""
    return self.configured(user="")


@CONTAINER.field()
async def workdir(self: Container, context: Context) -> str:
    """Retrieve the working directory of commands."""
    return self.config.workdir


@CONTAINER.field()
async def with_workdir(
    self: Container, context: Context, *, path: str, expand: bool = False
) -> Container:
    """Set the working directory; a relative path is below the current one."""
    text = expanded(self, path, expand=expand)
    if not posixpath.isabs(text):
        text = posixpath.normpath(posixpath.join("/", self.config.workdir, text))
    return self.configured(workdir=text)


@CONTAINER.field()
async def without_workdir(self: Container, context: Context) -> Container:
    """Go back to the default working directory."""
    return self.configured(workdir="")


@CONTAINER.field()
async def entrypoint(self: Container, context: Context) -> list[str]:
    """Return the entrypoint."""
    return list(self.config.entrypoint or ())


@CONTAINER.field()
async def with_entrypoint(
    self: Container, context: Context, *, args: list[str], keep_default_args: bool = False
) -> Container:
    """Set the entrypoint; the default arguments go unless they are kept."""
    command = self.config.cmd if keep_default_args else None
    return self.configured(entrypoint=tuple(args), cmd=command)


@CONTAINER.field()
async def without_entrypoint(
    self: Container, context: Context, *, keep_default_args: bool = False
) -> Container:
    """Remove the entrypoint; the default arguments go unless they are kept."""
    return self.configured(entrypoint=None, cmd=self.config.cmd if keep_default_args else None)


@CONTAINER.field()
async def default_args(self: Container, context: Context) -> list[str]:
    """Return the default arguments."""
    return list(self.config.cmd or ())


@CONTAINER.field()
async def with_default_args(self: Container, context: Context, *, args: list[str]) -> Container:
    """Set the default arguments."""
    return self.configured(cmd=tuple(args))


@CONTAINER.field()
async def without_default_args(self: Container, context: Context) -> Container:
    """Remove the default arguments."""
    return self.configured(cmd=None)


@CONTAINER.field()
async def label(self: Container, context: Context, *, name: str) -> str | None:
    """Retrieve the value of a label."""
    return lookup(self.config.labels, name)


@CONTAINER.field()
async def labels(self: Container, context: Context) -> list[Label]:
    """Retrieve the labels."""
    return [Label(name, value) for name, value in self.config.labels]


@CONTAINER.field()
async def with_label(self: Container, context: Context, *, name: str, value: str) -> Container:
    """Set a label."""
    return self.configured(labels=merge(self.config.labels, [(name, value)]))


@CONTAINER.field()
async def without_label(self: Container, context: Context, *, name: str) -> Container:
    """Remove a label."""
    return self.configured(labels=without(self.config.labels, name))


@CONTAINER.field()
async def with_annotation(self: Container, context: Context, *, name: str, value: str) -> Container:
    """Set an annotation of the image's manifest."""
    return self.configured(annotations=merge(self.config.annotations, [(name, value)]))


@CONTAINER.field()
async def without_annotation(self: Container, context: Context, *, name: str) -> Container:
    """Remove an annotation."""
    return self.configured(annotations=without(self.config.annotations, name))


@CONTAINER.field()
async def exposed_ports(self: Container, context: Context) -> list[Port]:
    """Retrieve the exposed ports."""
    return list(self.ports)


@CONTAINER.field()
async def with_exposed_port(
    self: Container,
    context: Context,
    *,
    port: int,
    protocol: NetworkProtocol = NetworkProtocol.TCP,
    description: str | None = None,
    experimental_skip_healthcheck: bool = False,
) -> Container:
    """Expose a port: a service is healthy once it accepts connections there."""
    added = Port(port, protocol, description, experimental_skip_healthcheck)
    return _with_ports(self, (*_ports_but(self, port, protocol), added))


@CONTAINER.field()
async def without_exposed_port(
    self: Container,
    context: Context,
    *,
    port: int,
    protocol: NetworkProtocol = NetworkProtocol.TCP,
) -> Container:
    """Unexpose a port."""
    return _with_ports(self, _ports_but(self, port, protocol))


def _ports_but(container: Container, port: int, protocol: NetworkProtocol) -> tuple[Port, ...]:
    return tuple(p for p in container.ports if (p.port, p.protocol) != (port, protocol))


def _with_ports(container: Container, ports: tuple[Port, ...]) -> Container:
    texts = tuple(f"{port.port}/{port.protocol.value.lower()}" for port in ports)
    config = dataclasses.replace(container.config, exposed_ports=texts)
    return container.replace(ports=ports, config=config)


@CONTAINER.field()
async def docker_healthcheck(self: Container, context: Context) -> HealthcheckConfig | None:
    """Retrieve the health check, if there is one."""
    check = self.config.healthcheck
    return HealthcheckConfig.of(check) if check else None


@CONTAINER.field()
async def with_docker_healthcheck(
    self: Container,
    context: Context,
    *,
    args: list[str],
    shell: bool | None = None,
    interval: str | None = None,
    timeout: str | None = None,
    start_period: str | None = None,
    start_interval: str | None = None,
    retries: int | None = None,
) -> Container:
    """Set the health check; durations such as `1m30s`."""
    check = Healthcheck(
        tuple(args),
        shell=bool(shell),
        interval=parse_duration(interval or "0"),
        timeout=parse_duration(timeout or "0"),
        start_period=parse_duration(start_period or "0"),
        start_interval=parse_duration(start_interval or "0"),
        retries=retries or 0,
    )
    return self.configured(healthcheck=check)


@CONTAINER.field()
async def without_docker_healthcheck(self: Container, context: Context) -> Container:
    """Remove the health check."""
    return self.configured(healthcheck=None)


@CONTAINER.field()
async def with_error(self: Container, context: Context, *, err: str) -> Container:
    """Raise an error with this message; an empty one does nothing."""
    if err:
        raise EngineError(err)
    return self
