"""The Up and UpGroup types: functions whose service is made reachable from the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from portable_dagger.api.attributes import attributes
from portable_dagger.api.marks import Task, select, value_of
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.errors import ModuleError, ServiceError
from portable_dagger.graph.context import Context
from portable_dagger.graph.evaluation import gather
from portable_dagger.graph.values import Service, Value
from portable_dagger.modules.marked import Mark
from portable_dagger.modules.served import served
from portable_dagger.modules.typedefs import Module

if TYPE_CHECKING:
    from portable_dagger.modules.loaded import LoadedModule

UP = ObjectType("Up", "A function of a module that answers a service.")
UP_GROUP = ObjectType("UpGroup", "Services of a module.")


@dataclass(frozen=True, slots=True)
class Up(Value):
    """A service function."""

    api_type: ClassVar[str] = "Up"
    task: Task


@dataclass(frozen=True, slots=True)
class UpGroup(Value):
    """Service functions, by name."""

    api_type: ClassVar[str] = "UpGroup"
    ups: tuple[Up, ...]


def services_of(module: LoadedModule, include: list[str] | None, prefix: str = "") -> UpGroup:
    """Return a module's service functions."""
    return UpGroup(tuple(Up(task) for task in select(module, [Mark.UP], include, prefix)))


async def _service(up: Up, context: Context) -> Service:
    made = await value_of(up.task, context)
    if not isinstance(made, Service):
        raise ModuleError(
            f"{up.task.name} answered no Service", "a function with @up must return dagger.Service"
        )
    return made


attributes(
    UP,
    name=(str, "The name of the service: its path, joined by colons.", "task.name"),
    path=(list[str], "The path of the service within its module.", "task.path"),
    description=(str, "What the service is about.", "task.marked.description"),
    originalModule=(
        Module,
        "The module that defines the service.",
        lambda up: served(up.task.module),
    ),
)
attributes(UP_GROUP, list=(list[Up], "The services.", "ups"))


@UP.field(scope=Scope.CALL)
async def run(self: Up, context: Context) -> Up:
    """Start the service on the host's ports; it answers when the service ends."""
    service = await _service(self, context)
    await context.session.tunnels.up(service, [], context, random=False)
    return self


@UP_GROUP.field(name="run", scope=Scope.CALL)
async def run_all(self: UpGroup, context: Context) -> UpGroup:
    """Start the services on the host's ports; it answers when they have ended."""
    services = await gather([_service(up, context) for up in self.ups])
    taken: dict[int, str] = {}
    for up, service in zip(self.ups, services, strict=True):
        for port in service.container.ports if service.container else ():
            other = taken.setdefault(port.port, up.task.name)
            if other != up.task.name:
                raise ServiceError(
                    f"port {port.port} is exposed by {other} and by {up.task.name}",
                    "start one of them only, or let them expose different ports",
                )
    tunnels = context.session.tunnels
    await gather([tunnels.up(service, [], context, random=False) for service in services])
    return self
