"""Python classes for editors: the types of a module's dependencies, in the form of the SDK's own dagger/client/gen.py.

Pure: the text of that file and the types go in, the longer text comes out. Module code runs with classes of its own.
"""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING, Final

from portable_dagger.api.registry import REQUIRED
from portable_dagger.modules.names import kebab

if TYPE_CHECKING:
    import enum
    from collections.abc import Iterator, Sequence

    from portable_dagger.api.registry import Argument, Field, ObjectType, Types
    from portable_dagger.api.types import TypeRef

SCALARS: Final = {
    "String": "str",
    "ID": "str",
    "Int": "int",
    "Float": "float",
    "Boolean": "bool",
    "Void": "None",
}
CLIENT: Final = "\n\nclass Client(Query):\n"
GLOBAL: Final = "\n\n\ndag = Client()\n"
NAMES: Final = "\n__all__ = [\n"


def extended(text: str, modules: Sequence[Types]) -> str:
    """Return gen.py's text with the types of modules; each one's root field is a method of Client."""
    classes, methods, names = "", "", []
    for types in modules:
        for name, members in types.enums.items():
            classes += "\n\n" + _enumeration(name, members)
            names.append(name)
        for name, type_ in types.objects.items():
            if name == "Query":
                methods += "".join(_method(field) for field in type_.fields.values())
            else:
                classes += "\n\n" + _class(name, type_)
                names.append(name)
    text = text.replace(CLIENT, classes + CLIENT, 1).replace(
        GLOBAL, f"\n{methods}".rstrip() + GLOBAL, 1
    )
    return text.replace(NAMES, NAMES + "".join(f'    "{name}",\n' for name in names), 1)


def _enumeration(name: str, members: type[enum.Enum]) -> str:
    lines = [f'    {member} = "{member}"' for member in members.__members__]
    return "\n".join(
        [f"class {name}(Enum):", f"    {_quoted(members.__doc__ or name)}", "", *lines, ""]
    )


def _class(name: str, type_: ObjectType) -> str:
    lines = f"class {name}(Type):\n    {_quoted(type_.description or name)}\n"
    return lines + "".join(_method(field) for field in type_.fields.values())


def _method(field: Field) -> str:
    lazy = field.type.is_object
    words = ["self", *_parameters(field.arguments)]
    returns = _python(field.type, optional=field.type.optional and not lazy)
    start = "def" if lazy else "async def"
    args = ", ".join(_passed(argument) for argument in field.arguments)
    select = f'self._select("{field.name}", [{args}])'
    return (
        f"\n    {start} {_safe(field.name)}({', '.join(words)}) -> {returns}:\n"
        f"        {_quoted(field.description or field.name)}\n"
        f"        return {_answer(field.type, select)}\n"
    )


def _parameters(arguments: Sequence[Argument]) -> Iterator[str]:
    """Yield those that must be given, then, by name only, those that need not."""
    for argument in arguments:
        if argument.default is REQUIRED:
            type_ = _python(argument.type, optional=argument.type.optional)
            yield f"{_safe(argument.name)}: {type_}"
    optional = [argument for argument in arguments if argument.default is not REQUIRED]
    if optional:
        yield "*"
    for argument in optional:
        yield f"{_safe(argument.name)}: {_python(argument.type, optional=True)} = None"


def _passed(argument: Argument) -> str:
    default = "" if argument.default is REQUIRED else ", None"
    return f'Arg("{argument.name}", {_safe(argument.name)}{default})'


def _answer(type_: TypeRef, select: str) -> str:
    if type_.is_object:
        return f"{type_.name}({select})"
    if type_.element is not None and type_.element.is_object:
        return f"await {select}.execute_object_list({type_.element.name})"
    if type_.name == "Void":
        return f"await {select}.execute()"
    return f"await {select}.execute({_bare(type_)})"


def _python(type_: TypeRef, *, optional: bool) -> str:
    """Return an annotation; in quotes, since classes may name each other."""
    text = _bare(type_)
    return f'"{text} | None"' if optional and text != "None" else f'"{text}"'


def _bare(type_: TypeRef) -> str:
    if type_.element is not None:
        return f"list[{_bare(type_.element)}]"
    return SCALARS.get(type_.name, type_.name)


def _safe(name: str) -> str:
    """Return Python's name of a field or argument: keywords and `list` get an underscore, as in the SDK."""
    text = kebab(name).replace("-", "_")
    return text + "_" if keyword.iskeyword(text) or text == "list" else text


def _quoted(text: str) -> str:
    """Return a text as a docstring of one line."""
    line = " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{line} """' if line.endswith('"') else f'"""{line}"""'
