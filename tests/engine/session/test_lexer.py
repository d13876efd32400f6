from __future__ import annotations

import json

import graphql
import pytest
from graphql import GraphQLSyntaxError, print_ast
from graphql.language import Source, TokenKind
from graphql.language.lexer import Lexer

from portable_dagger.session.lexer import QuickLexer, parse

DOCUMENTS = [
    "{ a }",
    'query Q($x: [Int!]! = [1, -2.5e3]) {\n\n  a(b: "c",\n\td: {e: $x}) { ... on T { f } }\n}',
    '{ a(b: "\\"\\\\\\/\\b\\f\\n\\r\\t", c: "\\u00e4\\u{1F600} ä 😀", d: "") }',
    '{ a(b: """block "quoted"\n  text""", c: "tab\there") # said\r\n b\r c }',
    "\ufeff{ a }",
]


def tokens(lexer: Lexer) -> list[tuple[object, ...]]:
    found = []
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        found.append((token.kind, token.start, token.end, token.line, token.column, token.value))
    return found


@pytest.mark.parametrize("text", DOCUMENTS)
def test_tokens_and_documents_are_those_of_graphql_core(text: str) -> None:
    assert tokens(QuickLexer(Source(text))) == tokens(Lexer(Source(text)))
    assert print_ast(parse(text)) == print_ast(graphql.parse(text))


@pytest.mark.parametrize(
    "text", ['{ a(b: "', '{ a(b: "\n") }', '{ a(b: "\\x") }', '{ a(b: "\ud800") }', "{ a"]
)
def test_what_is_wrong_is_told_as_graphql_core_tells_it(text: str) -> None:
    with pytest.raises(GraphQLSyntaxError) as theirs:
        graphql.parse(text)
    with pytest.raises(GraphQLSyntaxError) as ours:
        parse(text)

    assert str(ours.value) == str(theirs.value)


def test_a_file_as_a_string_is_read_at_once() -> None:
    content = 'line "of" a file\\ ä\n' * 50_000

    (field,) = (
        parse(f"{{ a(b: {json.dumps(content, ensure_ascii=False)}) }}")
        .definitions[0]
        .selection_set.selections
    )

    assert field.arguments[0].value.value == content
