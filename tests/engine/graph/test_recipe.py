"""Recipes: digests, IDs, and their encoding."""

from __future__ import annotations

import pytest

from portable_dagger.errors import NotFoundError
from portable_dagger.graph.recipe import Recipe, closure, decode, parse_id, references_of


def chain(length: int) -> Recipe:
    recipe = Recipe("Directory", "directory")
    for number in range(length):
        recipe = Recipe("Directory", "withNewFile", recipe, (("path", f"f{number}"),))
    return recipe


def test_equal_recipes_have_equal_digests() -> None:
    assert chain(3).digest == chain(3).digest
    assert chain(3).digest != chain(4).digest


@pytest.mark.parametrize(
    "other",
    [
        Recipe("File", "file", None, (("name", "b"),)),
        Recipe("File", "file", None, (("name", "a"),), scope="session"),
        Recipe("Directory", "file", None, (("name", "a"),)),
    ],
)
def test_arguments_scope_and_type_count(other: Recipe) -> None:
    assert other.digest != Recipe("File", "file", None, (("name", "a"),)).digest


def test_an_id_names_type_and_digest() -> None:
    recipe = chain(1)
    assert parse_id(recipe.id) == ("Directory", recipe.digest)


@pytest.mark.parametrize("text", ["", "garbage", "Z2FyYmFnZQ==", "é"])
def test_an_id_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(NotFoundError, match="failed to decode ID"):
        parse_id(text)


def test_closure_and_decode_are_inverse() -> None:
    source = chain(400)
    recipe = Recipe("Container", "withFiles", None, (("sources", [source, chain(2)]), ("n", 3)))
    texts = closure(recipe)
    known: dict[str, Recipe] = {}
    again = decode(recipe.digest, texts, known)
    assert again.digest == recipe.digest
    assert set(known) == set(texts)
    assert source.digest in references_of(texts[recipe.digest])
