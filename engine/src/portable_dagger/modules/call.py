"""One call of a module's code: what it is asked, and what it answers through the API."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

from portable_dagger.errors import QueryError
from portable_dagger.graph.values import Value

JsonData = Any
"""What json.loads answers."""

AnyValue = Any
"""Any evaluated value: an object of the API, or a plain scalar."""


@dataclass(frozen=True, slots=True)
class ErrorValue(Value):
    """A detail of an error; `value` is JSON text."""

    api_type: ClassVar[str] = "ErrorValue"
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Error(Value):
    """An error as module code reports it."""

    api_type: ClassVar[str] = "Error"
    message: str
    values: tuple[ErrorValue, ...] = ()

    def details(self) -> dict[str, Any]:
        """Return the values as Python objects; the last one of a name counts."""
        return {value.name: json.loads(value.value) for value in self.values}


@dataclass(frozen=True, slots=True)
class FunctionCallArgValue(Value):
    """An argument of a call; `value` is JSON text."""

    api_type: ClassVar[str] = "FunctionCallArgValue"
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FunctionCall(Value):
    """What is asked. An empty `parent_name` asks for the module's types, an empty `name` for the constructor.

    Names are the module's own; `parent` is the JSON text of the object's state.
    """

    api_type: ClassVar[str] = "FunctionCall"
    parent_name: str = ""
    name: str = ""
    parent: str = "null"
    input_args: tuple[FunctionCallArgValue, ...] = ()


@dataclass(slots=True)
class Call:
    """A call under way: `value` is the JSON text of the answer, or `error` is set; at most one of them, once.

    It is not `lasting` when the code looked at the caller's checkout, of which the key of its result knows nothing.
    """

    asked: FunctionCall = field(default_factory=FunctionCall)
    value: str | None = None
    error: Error | None = None
    lasting: bool = True

    def answer(self, value: str) -> None:
        """Take the result; QueryError when there is an answer already."""
        self._check()
        self.value = value

    def fail(self, error: Error) -> None:
        """Take the error; QueryError when there is an answer already."""
        self._check()
        self.error = error

    def _check(self) -> None:
        if self.value is not None or self.error is not None:
            raise QueryError("the function call has been answered already")
