"""The core's types: every object type that the engine answers itself."""

from __future__ import annotations

from portable_dagger.api import (
    address,
    cache_volume,
    changeset,
    check,
    current_module,
    current_types,
    directory,
    docker_build,
    engine,
    engine_cache,
    engine_cache_entry,
    engine_cache_entry_set,
    env_file,
    error,
    file,
    function,
    function_call,
    generated_code,
    generator,
    git,
    host,
    http,
    json_value,
    module,
    module_config,
    module_source,
    patches,
    search,
    secret,
    service,
    stat,
    terminal,
    type_def,
    type_views,
    up,
    workspace,
)
from portable_dagger.api.container import CONTAINER, settings
from portable_dagger.api.legacy_id import loads
from portable_dagger.api.query import QUERY
from portable_dagger.api.refused import refuse, refused_types
from portable_dagger.api.registry import Field, ObjectType, Types
from portable_dagger.api.types import ENUMS, TypeRef

MODULES = (
    address,
    cache_volume,
    changeset,
    check,
    current_module,
    current_types,
    directory,
    docker_build,
    engine,
    engine_cache,
    engine_cache_entry,
    engine_cache_entry_set,
    env_file,
    error,
    file,
    function,
    function_call,
    generated_code,
    generator,
    git,
    host,
    http,
    json_value,
    module,
    module_config,
    module_source,
    patches,
    search,
    secret,
    service,
    settings,
    stat,
    terminal,
    type_def,
    type_views,
    up,
    workspace,
)


async def _never(*_: object) -> None:
    raise AssertionError  # fields of interfaces are answered by the objects that have them


def _interfaces() -> dict[str, ObjectType]:
    identifier = TypeRef("scalar", "ID")
    syncer = ObjectType("Syncer", "An object that can be synced.", ())
    syncer.fields["sync"] = Field("sync", identifier, (), _never)
    exportable = ObjectType("Exportable", "An object that can be exported to the host.", ())
    exportable.fields["export"] = changeset.CHANGESET.fields["export"]
    return {
        "Node": ObjectType("Node", "An object with an ID.", ()),
        "Syncer": syncer,
        "Exportable": exportable,
    }


def core_types() -> Types:
    """Return the core's types."""
    objects = {"Query": QUERY, "Container": CONTAINER}
    for part in MODULES:
        for value in vars(part).values():
            if isinstance(value, ObjectType):
                objects[value.name] = value
    objects |= refused_types()
    refuse(objects)
    interfaces = _interfaces()
    QUERY.fields.update(loads([*(objects.keys() - {"Query"}), *(interfaces.keys() - {"Node"})]))
    return Types(objects, interfaces, dict(ENUMS))
