"""`load<Type>FromID`: loading an object by its ID, as clients before API 0.22 do; newer ones use `node`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.api.registry import Argument, Field
from portable_dagger.api.types import TypeRef

if TYPE_CHECKING:
    from collections.abc import Iterable


def loads(types: Iterable[str]) -> dict[str, Field]:
    """Return the root fields that load objects of these types."""
    return {field.name: field for field in (_load(name) for name in types)}


def _load(type_name: str) -> Field:
    async def never(*_: object, **__: object) -> None:
        raise AssertionError  # answered by the executor, like `node`

    kind = "interface" if type_name in {"Exportable", "Syncer"} else "object"
    return Field(
        f"load{type_name}FromID",
        TypeRef(kind, type_name),
        (Argument("id", "id", TypeRef("scalar", f"{type_name}ID")),),
        never,
        f"Load a {type_name} from its ID.",
        loads=True,
    )
