"""Python classes for the types that a module's client is served beside the API's own: those of its dependencies.

The SDK's own bindings, dagger.client.gen, know the core only; the reference engine writes a longer file of that form
into each module (`sdk/src/dagger/client/gen.py`). Here the text of what is missing is made from the schema, and run
inside dagger.client.gen before a module's code is imported (modules.startup).
"""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING

from graphql import (
    GraphQLEnumType,
    GraphQLObjectType,
    get_named_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)

from portable_dagger.modules import names

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from graphql import GraphQLField, GraphQLSchema
    from graphql.type import GraphQLOutputType

SCALARS = {"String": "str", "ID": "str", "Int": "int", "Float": "float", "Boolean": "bool"}
ROOT = "Query"


def bindings(schema: GraphQLSchema, known: Container[str]) -> str:
    """Return Python code with a class for each object and enum of a schema that is not `known`.

    Each root field that leads to one becomes a method of Client. The code is empty when all are known.
    """
    types = {
        name: type_
        for name, type_ in schema.type_map.items()
        if name not in known
        and not name.startswith("__")
        and name != ROOT
        and isinstance(type_, GraphQLObjectType | GraphQLEnumType)
    }
    parts = []
    for name, type_ in sorted(types.items()):
        if isinstance(type_, GraphQLEnumType):
            members = [f"    {member} = {member!r}" for member in type_.values]
            parts.append("\n".join([f"class {name}(Enum):", *members]))
        else:
            methods = [m for field, of in type_.fields.items() for m in _method(field, of)]
            parts.append("\n".join([f"class {name}(Type):", *methods]))
    root = schema.query_type
    for field, of in (root.fields if root else {}).items():
        if get_named_type(of.type).name in types:
            made = names.snake(field)
            parts.append("\n".join([*_method(field, of, indent=""), f"Client.{made} = {made}"]))
    return "\n\n\n".join(parts) + "\n" if parts else ""


def _method(field: str, of: GraphQLField, indent: str = "    ") -> Iterator[str]:
    """Yield the lines of a method; arguments with a default are given by name, and left out unless they are."""
    required = [name for name, arg in of.args.items() if is_required_argument(arg)]
    optional = [name for name, arg in of.args.items() if not is_required_argument(arg)]
    words = ["self", *(_safe(name) for name in required)]
    words += ["*", *(f"{_safe(name)}=None" for name in optional)] if optional else []
    passed = [f'Arg("{name}", {_safe(name)})' for name in required]
    passed += [f'Arg("{name}", {_safe(name)}, None)' for name in optional]
    context = f'self._select("{field}", [{", ".join(passed)}])'
    lazy, answer = _answer(field, of.type, context)
    start = "def" if lazy else "async def"
    yield f"{indent}{start} {_safe(field)}({', '.join(words)}):"
    yield f"{indent}    return {answer}"


def _answer(field: str, type_: GraphQLOutputType, context: str) -> tuple[bool, str]:
    """Return whether a field is lazy, and the expression that answers it."""
    named = get_named_type(type_)
    inner = type_.of_type if is_non_null_type(type_) else type_
    if field == "sync":
        return False, "await self._ctx.execute_sync(self)"
    if is_list_type(inner):
        if isinstance(named, GraphQLObjectType):
            return False, f"await {context}.execute_object_list({named.name})"
        return False, f"await {context}.execute({_optional(f'list[{_python(named.name)}]', type_)})"
    if isinstance(named, GraphQLObjectType):
        return True, f"{named.name}({context})"
    if named.name == "Void":
        return False, f"await {context}.execute()"
    return False, f"await {context}.execute({_optional(_python(named.name), type_)})"


def _python(name: str) -> str:
    return SCALARS.get(name, name)


def _optional(text: str, type_: GraphQLOutputType) -> str:
    return text if is_non_null_type(type_) else f"{text} | None"


def _safe(name: str) -> str:
    """Return Python's name of a field or argument: keywords get an underscore, as in the SDK (`from_`)."""
    text = names.snake(name)
    return text + "_" if keyword.iskeyword(text) else text
