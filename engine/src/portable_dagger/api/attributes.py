"""Fields that only read an attribute of a value."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from portable_dagger.api.registry import Field, ObjectType
from portable_dagger.api.types import type_ref
from portable_dagger.modules.call import AnyValue

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context

Read = Callable[[Any], Any]


def attributes(of: ObjectType, **table: tuple[Any, str] | tuple[Any, str, str | Read]) -> None:
    """Register fields: API name to (type, description) or (type, description, attribute or function to read it).

    The attribute's name is the field's own unless it is given.
    """
    for name, (annotation, description, *source) in table.items():
        read = source[0] if source else name
        getter = operator.attrgetter(read) if isinstance(read, str) else read
        of.fields[name] = Field(name, type_ref(annotation), (), _resolve(getter), description)


def _resolve(read: Read) -> Callable[..., Any]:
    async def resolve(self: object, context: Context) -> AnyValue:
        found = read(self)
        return list(found) if isinstance(found, tuple) else found

    return resolve
