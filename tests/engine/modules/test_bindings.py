"""Bindings of dependencies: Python text from a schema, and what it does inside the SDK's own bindings."""

from __future__ import annotations

from graphql import build_schema

from portable_dagger.modules.bindings import bindings

SCHEMA = build_schema("""
    scalar Void
    type Query { greeter(word: String): Greeter!  core: Core! }
    type Core { id: ID! }
    enum GreeterTone { SOFT LOUD }
    type Greeter {
        id: ID!
        greet(name: String!, tone: GreeterTone = SOFT): String!
        withWord(word: String!): Greeter!
        cards(names: [String!]!): [GreeterCard!]!
        words: [String!]
        tone: GreeterTone!
        forget: Void
        import(from: ID!): Core!
        sync: ID!
    }
    type GreeterCard { id: ID! }
    """)
KNOWN = {"Core", "Void", "ID", "String", "Query"}

EXPECTED = """\
class Greeter(Type):
    async def id(self):
        return await self._select("id", []).execute(str)
    async def greet(self, name, *, tone=None):
        return await self._select("greet", [Arg("name", name), Arg("tone", tone, None)]).execute(str)
    def with_word(self, word):
        return Greeter(self._select("withWord", [Arg("word", word)]))
    async def cards(self, names):
        return await self._select("cards", [Arg("names", names)]).execute_object_list(GreeterCard)
    async def words(self):
        return await self._select("words", []).execute(list[str] | None)
    async def tone(self):
        return await self._select("tone", []).execute(GreeterTone)
    async def forget(self):
        return await self._select("forget", []).execute()
    def import_(self, from_):
        return Core(self._select("import", [Arg("from", from_)]))
    async def sync(self):
        return await self._ctx.execute_sync(self)


class GreeterCard(Type):
    async def id(self):
        return await self._select("id", []).execute(str)


class GreeterTone(Enum):
    SOFT = 'SOFT'
    LOUD = 'LOUD'


def greeter(self, *, word=None):
    return Greeter(self._select("greeter", [Arg("word", word, None)]))
Client.greeter = greeter
"""


def test_types_that_the_sdk_lacks_become_classes() -> None:
    assert bindings(SCHEMA, KNOWN) == EXPECTED


def test_nothing_is_made_where_all_is_known() -> None:
    assert bindings(SCHEMA, {*KNOWN, "Greeter", "GreeterCard", "GreeterTone", "Boolean"}) == ""
