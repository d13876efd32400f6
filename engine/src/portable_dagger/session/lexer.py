"""Reads GraphQL documents quickly: clients send whole files as strings, and indent each call of a chain further.

graphql-core looks at every character on its own. Here blanks and plain strings are skipped by regular expressions; all
else, and whatever is wrong, is left to it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from graphql.language import Source
from graphql.language.lexer import Lexer
from graphql.language.parser import Parser
from graphql.language.token_kind import TokenKind

if TYPE_CHECKING:
    from graphql.language import DocumentNode, Token

_BLANKS: Final = re.compile(r"[ \t\n,]*")
# What JSON and GraphQL write alike; other escapes and surrogates are for the slow path, as are block strings.
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f\ud800-\udfff]|\\["\\/bfnrt])*+"')


class QuickLexer(Lexer):
    """A lexer that gives the same tokens as graphql-core's."""

    def read_next_token(self, start: int) -> Token:
        """Return the token that begins at `start` or after the blanks there."""
        body = self.source.body
        found = _BLANKS.match(body, start)
        assert found is not None
        lines = body.count("\n", start, found.end())
        if lines:
            self.line += lines
            self.line_start = body.rindex("\n", start, found.end()) + 1
        return super().read_next_token(found.end())

    def read_string(self, start: int) -> Token:
        """Return the string that begins at `start`."""
        found = _STRING.match(self.source.body, start)
        if found is None:
            return super().read_string(start)
        return self.create_token(TokenKind.STRING, start, found.end(), json.loads(found[0]))


def parse(text: str) -> DocumentNode:
    """Return the document of a text, without places. Raises GraphQLSyntaxError."""
    source = Source(text)
    return Parser(source, no_location=True, lexer=QuickLexer(source)).parse_document()
