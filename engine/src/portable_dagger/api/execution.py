"""Execution of GraphQL requests over recipes.

Object fields only make recipes; leaves evaluate. Fields side by side run side by side. As in the reference engine, one
failing field means no data at all, and each failing field gives an error of its own.
"""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql.language import ast

from portable_dagger.api.literals import arguments
from portable_dagger.api.registry import Scope
from portable_dagger.errors import EngineError, ExecError, QueryError
from portable_dagger.graph.evaluation import ROOT
from portable_dagger.graph.recipe import ELEMENT, Recipe

if TYPE_CHECKING:
    from portable_dagger.api.registry import Field
    from portable_dagger.graph.context import Context

BUILT_IN = frozenset({"id", "sync", "__typename"})


@dataclass(slots=True)
class FieldError(Exception):
    """An error with the path of the field it came from."""

    error: Exception
    path: list[str]


class Failures(Exception):  # noqa: N818  a carrier of errors, raised and caught in this file only
    """The errors of one selection."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__()
        self.errors = errors


class Execution:
    """One request's execution."""

    def __init__(
        self,
        context: Context,
        fragments: dict[str, ast.FragmentDefinitionNode],
        variables: dict[str, Any],
    ) -> None:
        self._context = context
        self._evaluator = context.engine.evaluator
        self._types = context.client.types
        self._fragments = fragments
        self._variables = variables

    async def run(self, operation: ast.OperationDefinitionNode) -> dict[str, Any]:
        """Return the answer's data; raises Failures."""
        return await self._select("Query", None, operation.selection_set, [])

    async def _select(
        self,
        type_name: str,
        recipe: Recipe | None,
        selection: ast.SelectionSetNode,
        path: list[str],
    ) -> dict[str, Any]:
        fields: dict[str, list[ast.FieldNode]] = {}
        self._collect(type_name, selection, fields)
        keys = list(fields)
        answers = await asyncio.gather(
            *(self._field(type_name, recipe, fields[key], [*path, key]) for key in keys),
            return_exceptions=True,
        )
        failures: list[FieldError] = []
        for key, answer in zip(keys, answers, strict=True):
            if isinstance(answer, Failures):
                failures.extend(answer.errors)
            elif isinstance(answer, Exception):
                failures.append(FieldError(answer, [*path, key]))
            elif isinstance(answer, BaseException):
                raise answer
        if failures:
            raise Failures(failures)
        # The reference engine answers its keys sorted, as Go writes maps.
        return dict(sorted(zip(keys, answers, strict=True)))

    def _collect(
        self, type_name: str, selection: ast.SelectionSetNode, into: dict[str, list[ast.FieldNode]]
    ) -> None:
        for node in selection.selections:
            if isinstance(node, ast.FieldNode):
                key = node.alias.value if node.alias else node.name.value
                into.setdefault(key, []).append(node)
                continue
            if isinstance(node, ast.FragmentSpreadNode):
                fragment = self._fragments.get(node.name.value)
                if fragment is None:
                    raise QueryError(f'Unknown fragment "{node.name.value}".')
                wanted: str | None = fragment.type_condition.name.value
                inner = fragment.selection_set
            else:
                assert isinstance(node, ast.InlineFragmentNode)
                wanted = node.type_condition.name.value if node.type_condition else None
                inner = node.selection_set
            if wanted is None or self._context.client.is_a(type_name, wanted):
                self._collect(type_name, inner, into)

    async def _field(
        self, type_name: str, recipe: Recipe | None, nodes: list[ast.FieldNode], path: list[str]
    ) -> Any:  # noqa: ANN401  JSON
        node = nodes[0]
        name = node.name.value
        if name in BUILT_IN:
            return await self._built_in(name, type_name, recipe)
        field = self._context.client.field(type_name, name)
        given = arguments(
            f"{type_name}.{name}",
            field.arguments,
            node.arguments or (),
            self._variables,
            self._load,
            self._types.enums,
        )
        if field.prepare is not None:
            given = tuple(field.prepare(self._context.client, dict(given)).items())
        if type_name == "Query" and name == "node":
            target = self._evaluator.load(dict(given)["id"])
        elif field.loads:
            target = self._load(dict(given)["id"], field.type.name)
        elif field.lazy:
            target = self._make(field, field.type.name, recipe, given)
            if field.eager:
                await self._evaluator.evaluate(target, self._context)
        elif field.type.holds_objects:
            return await self._list(field, recipe, given, nodes, path)
        else:
            parent = await self._evaluator.evaluate(recipe, self._context) if recipe else ROOT
            context = dataclasses.replace(self._context, receiver=recipe)
            value = await self._evaluator.call(field, parent, dict(given), context)
            if not field.type.is_object:
                _refuse_selection(node, field)
                return serialize(value)
            if value is None:
                return None
            target = self._make(field, value.api_type, recipe, given)
            self._evaluator.remember(target.digest, value, self._context.session.world)
        return await self._below(target, nodes, path)

    async def _below(
        self, target: Recipe, nodes: list[ast.FieldNode], path: list[str]
    ) -> Any:  # noqa: ANN401
        selections = [s for n in nodes if n.selection_set for s in n.selection_set.selections]
        if not selections:
            raise QueryError(
                f'Field "{nodes[0].name.value}" of type "{target.type}" must have a selection of subfields.'
            )
        merged = ast.SelectionSetNode(selections=tuple(selections))
        return await self._select(target.type, target, merged, path)

    async def _list(
        self,
        field: Field,
        recipe: Recipe | None,
        given: tuple[tuple[str, Any], ...],
        nodes: list[ast.FieldNode],
        path: list[str],
    ) -> list[Any] | None:
        whole = self._make(field, str(field.type), recipe, given)
        values = await self._evaluator.evaluate(whole, self._context)
        if values is None:
            return None
        items = [
            Recipe(value.api_type, ELEMENT, whole, (("index", index),))
            for index, value in enumerate(values)
        ]
        return list(await asyncio.gather(*(self._below(item, nodes, path) for item in items)))

    async def _built_in(
        self, name: str, type_name: str, recipe: Recipe | None
    ) -> Any:  # noqa: ANN401
        if name == "__typename":
            return type_name
        if recipe is None:
            recipe = Recipe("Query", "query")
        if name == "sync":
            self._context.client.field(type_name, "sync")
        # A module's function is called when its result is asked for, be it by ID; the core's objects stay lazy.
        if name == "sync" or type_name not in self._context.engine.core_types.objects:
            await self._evaluator.evaluate(recipe, self._context)
        return self._evaluator.intern(recipe).id

    def _make(
        self,
        field: Field,
        type_name: str,
        parent: Recipe | None,
        given: tuple[tuple[str, Any], ...],
    ) -> Recipe:
        scope = field.scope
        for argument, value in given:
            if argument == "noCache" and value:
                scope = Scope.CALL
        return Recipe(type_name, field.name, parent, given, scope_text(scope, self._context))

    def _load(self, identifier: str, wanted: str) -> Recipe:
        recipe = self._evaluator.load(identifier)
        if not self._context.client.is_a(recipe.type, wanted):
            raise QueryError(f"expected ID of a {wanted}, but got one of a {recipe.type}")
        return recipe


def scope_text(scope: Scope, context: Context) -> str:
    """Return what a recipe's scope says: whose answer it is."""
    return {
        Scope.NOTHING: "",
        Scope.SESSION: context.session.id,
        Scope.CLIENT: context.client.id,
        Scope.CALL: f"{context.client.id}/{secrets.token_hex(8)}",
    }[scope]


def _refuse_selection(node: ast.FieldNode, field: Field) -> None:
    if node.selection_set is not None:
        first = node.selection_set.selections[0]
        name = first.name.value if isinstance(first, ast.FieldNode) else "..."
        raise QueryError(f'Cannot query field "{name}" on type "{field.type.name}".')


def serialize(value: Any) -> Any:  # noqa: ANN401  JSON
    """Return a leaf's value as JSON."""
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, list | tuple):
        return [serialize(item) for item in value]
    return value


def error_json(error: Exception, path: list[str]) -> dict[str, Any]:
    """Return one entry of the answer's `errors`."""
    entry: dict[str, Any] = {"message": str(error) or type(error).__name__, "path": path}
    if isinstance(error, ExecError):
        entry["extensions"] = {
            "_type": "EXEC_ERROR",
            "cmd": error.cmd,
            "exitCode": error.exit_code,
            "stdout": error.stdout,
            "stderr": error.stderr,
        }
    elif isinstance(error, EngineError) and error.hint:
        entry["extensions"] = {"hint": error.hint}
    return entry
