"""One GraphQL request: parsed, validated, executed; the answer as the reference engine words it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from graphql import GraphQLSyntaxError
from graphql.language import (
    DocumentNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    OperationType,
)
from graphql.language.ast import FieldNode

from portable_dagger.api.execution import Execution, Failures, error_json
from portable_dagger.errors import EngineError
from portable_dagger.graph.context import Context
from portable_dagger.session.lexer import parse

if TYPE_CHECKING:
    from portable_dagger.engine import Engine
    from portable_dagger.session.client import Client


NESTING = 5_000
"""How deep a query may nest: a chain of calls is one level a call. graphql-core's own limit is 200."""

for part in ("graphql.language.parser", "graphql.validation.validate"):
    vars(importlib.import_module(part))["MAX_NESTING_DEPTH"] = NESTING


async def answer(
    client: Client, text: str, variables: dict[str, Any], operation_name: str | None
) -> dict[str, Any]:
    """Return `{"data": …}` or `{"errors": […]}`."""
    if not text.strip():
        return _errors("no operation provided")
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        return _errors(error.message.removeprefix("Syntax Error: "))
    except RecursionError:
        return _errors("the query is nested too deeply")
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    named = [o for o in operations if operation_name in {None, o.name.value if o.name else None}]
    if len(named) != 1:
        return _errors(f"operation {operation_name or ''} not found")
    operation = named[0]
    if operation.operation is not OperationType.QUERY:
        return _errors("only queries are supported")
    wrong = client.schema.validate(document)
    if wrong:
        return _errors(*wrong)
    meta = [s for s in operation.selection_set.selections if _is_meta(s)]
    if meta:
        return _introspection(client, document, text)
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }
    engine = client.session.engine
    execution = Execution(Context(engine, client.session, client), fragments, variables)
    try:
        return {"data": await execution.run(operation)}
    except Failures as failures:
        for failure in failures.errors:
            if not isinstance(failure.error, EngineError):
                _log(engine, failure.error)
        return {"errors": [error_json(f.error, f.path) for f in failures.errors]}
    except EngineError as error:
        return {"errors": [error_json(error, [])]}


def _log(engine: Engine, error: Exception) -> None:
    """Keep the traceback of an error that is no EngineError: a fault of the engine's own."""
    engine.log.error("in a request", exc_info=error)


def _is_meta(selection: object) -> bool:
    return isinstance(selection, FieldNode) and selection.name.value in {"__schema", "__type"}


def _introspection(client: Client, document: DocumentNode, text: str) -> dict[str, Any]:
    result = client.schema.introspect(document, text)
    if not result.get("errors"):
        for selection in _named_types(document):
            key, name = selection
            if (result.get("data") or {}).get(key) is None:
                return _errors(f'unknown type: "{name}"')
    return result


def _named_types(document: DocumentNode) -> list[tuple[str, str]]:
    found = []
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            for node in definition.selection_set.selections:
                if isinstance(node, FieldNode) and node.name.value == "__type" and node.arguments:
                    key = node.alias.value if node.alias else node.name.value
                    found.append((key, getattr(node.arguments[0].value, "value", "")))
    return found


def _errors(*messages: str) -> dict[str, Any]:
    return {"errors": [{"message": message} for message in messages]}
