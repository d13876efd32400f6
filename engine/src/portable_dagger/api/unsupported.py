"""Parts of the API that the embedded engine does not have yet: they are in the schema and say so when they are used.

Without them a client would refuse a chain by itself, with an error that does not tell what is missing.
"""

from __future__ import annotations

from typing import ClassVar

from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import Argument, Field, ObjectType
from portable_dagger.api.types import type_ref
from portable_dagger.errors import EngineError
from portable_dagger.graph.values import Value


class Llm(Value):
    """A conversation with a language model."""

    api_type: ClassVar[str] = "LLM"


class Env(Value):
    """An environment of inputs and outputs."""

    api_type: ClassVar[str] = "Env"


LLM = ObjectType("LLM", "A conversation with a language model.")
ENV = ObjectType("Env", "An environment of inputs and outputs.")


def refuse(
    of: ObjectType, name: str, returns: object, feature: str, /, **arguments: object
) -> None:
    """Register a field that raises as soon as it is asked for, be it only for an ID below it.

    An argument is its annotation, or a pair of that and its default.
    """

    def refused(*_: object) -> dict[str, object]:
        raise EngineError(f"{feature} is not supported by the embedded engine yet")

    declared: list[Argument] = []
    for key, value in arguments.items():
        annotation, *default = value if isinstance(value, tuple) else (value,)
        declared.append(Argument(key, key, type_ref(annotation), *default))
    of.fields[name] = Field(
        name,
        type_ref(returns),
        tuple(declared),
        _never,
        f"Not supported yet: {feature}.",
        prepare=refused,
    )


async def _never(*_: object, **__: object) -> None:
    raise AssertionError  # `prepare` has raised before


refuse(QUERY, "llm", Llm, "llm", model=(str, None), maxAPICalls=(int, None))
refuse(QUERY, "env", Env, "env", privileged=(bool, False), writable=(bool, False))
