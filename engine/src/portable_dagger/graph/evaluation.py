"""Evaluation of recipes: lazy, each digest once at a time, results remembered.

Two caches stand behind it. Results by recipe digest live in memory (here); what costs time (execs, images, host
directories, function calls) also has a step in the store, keyed by operation and the content of its inputs, so equal
content hits whatever made it, and after a restart too. Results of sessions that are offline are apart in either: a
command without a network may have done something else. What a session captures has to happen in it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from portable_dagger.api.types import input_value
from portable_dagger.errors import NotFoundError
from portable_dagger.graph.needs import needs_of
from portable_dagger.graph.recipe import ELEMENT, Recipe, decode, parse_id, references_of
from portable_dagger.graph.sharing import Sharing
from portable_dagger.record.inputs import Account

if TYPE_CHECKING:
    from portable_dagger.api.registry import Field
    from portable_dagger.api.types import TypeRef
    from portable_dagger.graph.context import Context
    from portable_dagger.graph.needs import Needs
    from portable_dagger.graph.recipe import Literal
    from portable_dagger.store.store import Store

RECIPES = 50_000
"""Recipes whose IDs stay valid over sessions."""

RESULTS = 20_000
"""How many results are remembered; values are small, file systems lie in the store."""

Key = tuple[str, str]
"""What a result is remembered by: the digest of its recipe, and the sessions that it holds in (Session.world)."""

ROOT = object()
"""The value of the root object (Query)."""


class Evaluator:
    """Turns recipes into values."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._results: OrderedDict[Key, tuple[Any, Needs]] = OrderedDict()
        self._recipes: dict[str, Recipe] = {}
        self._sharing = Sharing()

    async def evaluate(self, recipe: Recipe, context: Context) -> Any:
        """Return the value of `recipe`; raises what its evaluation raised."""
        chain: list[Recipe] = []
        node: Recipe | None = recipe
        while node is not None and not self._remembered(_key(node, context)):
            chain.append(node)
            node = node.parent
        value = ROOT
        if node is not None:
            self._results.move_to_end(_key(node, context))
            value = self._results[_key(node, context)][0]
            self._report_reused(node, context)
        for here in reversed(chain):
            value = await self._sharing.once(
                (here.digest, context.session.id),
                partial(self._resolve, here, value, context),
            )
        return value

    async def _resolve(self, recipe: Recipe, parent: Any, context: Context) -> Any:
        if self._remembered(_key(recipe, context)):
            return self._results[_key(recipe, context)][0]
        arguments = dict(recipe.args)
        if recipe.field == ELEMENT:
            value = parent[arguments["index"]]
        else:
            context.session.progress.first(recipe.digest)
            field = context.client.field_of(recipe)
            await context.engine.housekeeping.make_room()
            # What a client calls its host stays that client's, whoever asks for the result.
            maker = context.session.client_ids.get(recipe.scope.partition("/")[0], context.client)
            own = replace(context, recipe=recipe, client=maker)
            value = await self.call(field, parent, arguments, own)
        self.remember(recipe.digest, value, context.session.world)
        return value

    async def call(
        self,
        field: Field,
        parent: Any,
        arguments: dict[str, Literal],
        context: Context,
    ) -> Any:
        """Run a field's function, its object arguments evaluated side by side."""
        given = [argument for argument in field.arguments if argument.name in arguments]
        values = await gather([self._argument(arguments[a.name], a.type, context) for a in given])
        keywords = {a.keyword: value for a, value in zip(given, values, strict=True)}
        return await field.resolve(parent, context, **keywords)

    async def _argument(self, literal: Literal, type_: TypeRef, context: Context) -> Any:
        if isinstance(literal, Recipe):
            return await self.evaluate(literal, context)
        if type_.element is not None and isinstance(literal, list):
            element = type_.element
            return await gather([self._argument(item, element, context) for item in literal])
        if type_.kind == "enum" and isinstance(literal, str):
            return context.client.types.enums[type_.name][literal]
        if type_.kind == "input" and isinstance(literal, dict):
            return input_value(type_.name, literal)
        return literal

    def _remembered(self, key: Key) -> bool:
        """Whether a result is at hand, and what it needs of the store too: that may have been collected."""
        found = self._results.get(key)
        if found is None:
            return False
        if self._store.hold(*found[1]):
            return True
        del self._results[key]
        return False

    def _report_reused(self, recipe: Recipe, context: Context) -> None:
        node: Recipe | None = recipe
        while node is not None and context.session.progress.first(node.digest):
            if node.field != ELEMENT:
                step = context.client.field_of(node).step
                if step:
                    last = getattr(
                        self._results.get(_key(node, context), (None,))[0], "last_exec", None
                    )
                    account = Account.of(last.key) if last is not None else None
                    context.session.progress.reused(step, describe(node), account)
            node = node.parent

    def remember(self, digest: str, value: Any, world: str = "") -> None:
        """Keep a result; the least recently used ones go first."""
        self._results[digest, world] = (value, needs_of(value))
        while len(self._results) > RESULTS:
            self._results.popitem(last=False)

    def intern(self, recipe: Recipe) -> Recipe:
        """Keep a recipe whose ID is given out, so that the ID can be loaded in this engine's lifetime."""
        return self._recipes.setdefault(recipe.digest, recipe)

    def forget(self) -> None:
        """Drop the oldest recipes of those that are too many; for when no session is open that was given their IDs."""
        for digest in list(self._recipes)[:-RECIPES]:
            del self._recipes[digest]

    def load(self, identifier: str) -> Recipe:
        """Return the recipe that an API ID names; NotFoundError when nobody knows it."""
        name, digest = parse_id(identifier)
        if digest not in self._recipes:
            texts: dict[str, str] = {}
            pending = [digest]
            while pending:
                here = pending.pop()
                if here in texts or here in self._recipes:
                    continue
                text = self._store.get_recipe(here)
                if text is None:
                    raise NotFoundError(
                        f"the {name} with ID {identifier[:24]}… is not known to this engine",
                        "IDs are kept for results of functions only; make the object again",
                    )
                texts[here] = text
                pending.extend(references_of(text))
            decode(digest, texts, self._recipes)
        return self._recipes[digest]


def _key(recipe: Recipe, context: Context) -> Key:
    return recipe.digest, context.session.world


async def gather(coroutines: list[Any]) -> list[Any]:
    """Await all side by side; when one fails, the others are cancelled and awaited before its error is raised."""
    if len(coroutines) == 1:
        return [await coroutines[0]]
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        raise


def describe(recipe: Recipe) -> str:
    """Return a recipe's last call as progress shows it: the field and its first argument."""
    first = recipe.args[0][1] if recipe.args else ""
    if isinstance(first, list) and all(isinstance(item, str) for item in first):
        first = " ".join(first)
    return f"{recipe.field} {first}" if isinstance(first, str) and first else recipe.field
