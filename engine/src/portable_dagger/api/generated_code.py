"""The GeneratedCode type: what an SDK that is a module answers when it generates code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from portable_dagger.api.attributes import attributes
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Directory, Value

GENERATED_CODE = ObjectType("GeneratedCode", "The result of generating code for a module.")


@dataclass(frozen=True, slots=True)
class GeneratedCode(Value):
    """Generated files, and which of them version control marks as generated or ignores."""

    api_type: ClassVar[str] = "GeneratedCode"
    code: Directory
    generated: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


attributes(
    GENERATED_CODE,
    vcsGeneratedPaths=(list[str], "Paths to mark as generated in version control.", "generated"),
    vcsIgnoredPaths=(list[str], "Paths to ignore in version control.", "ignored"),
)


@QUERY.field()
async def generated_code(self: object, context: Context, *, code: Directory) -> GeneratedCode:
    """Create a code generation result, given a directory containing the generated code."""
    return GeneratedCode(code)


@GENERATED_CODE.field(name="code")
async def code_of(self: GeneratedCode, context: Context) -> Directory:
    """The directory containing the generated code."""
    return self.code


@GENERATED_CODE.field(name="withVCSGeneratedPaths")
async def with_generated(
    self: GeneratedCode, context: Context, *, paths: list[str]
) -> GeneratedCode:
    """Set the list of paths to mark generated in version control."""
    return replace(self, generated=tuple(paths))


@GENERATED_CODE.field(name="withVCSIgnoredPaths")
async def with_ignored(self: GeneratedCode, context: Context, *, paths: list[str]) -> GeneratedCode:
    """Set the list of paths to ignore in version control."""
    return replace(self, ignored=tuple(paths))
