"""Checks and generators of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portable_dagger.cli import gates, queries
from portable_dagger.cli.chain import Call, Types
from portable_dagger.cli.check import listing
from portable_dagger.cli.flags import Reference

if TYPE_CHECKING:
    from portable_dagger.cli.typedefs import Argument, Function, Module


@pytest.fixture
def free(module: Module) -> Module:
    """The module with a constructor that needs nothing."""
    state = module.objects["State"]
    assert state.constructor is not None
    constructor = state.constructor._replace(args=())
    return module._replace(
        objects={**module.objects, "State": state._replace(constructor=constructor)}
    )


def test_found_through_functions_without_arguments(free: Module) -> None:
    found = gates.find(free)
    assert [gate.name for gate in found] == ["state:docs:not-empty", "state:index", "state:nothing"]
    assert queries.request(found[0].calls, {}, "") == "{ state { docs { notEmpty } } }"


def test_what_is_left_out_may_come_from_the_users_settings(free: Module, types: Types) -> None:
    maybe = next(each for each in free.objects["State"].functions if each.name == "maybe")
    gate = gates.Gate("state:maybe", (Call(free.constructor, {}), Call(maybe, {})))

    def default(function: Function, argument: Argument) -> str | None:
        return {("maybe", "token"): "env://TOKEN"}.get((function.name, argument.name))

    (filled,) = gates.filled([gate], types, default)

    (reference,) = queries.references(filled.calls)
    assert reference == Reference("Secret", "env://TOKEN")
    asked = queries.request(filled.calls, {reference: "id"}, "")
    assert asked == '{ state { maybe(token: "id") } }'


def test_a_constructor_that_needs_something_has_none(module: Module) -> None:
    assert gates.find(module) == []


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("docs", True),
        ("docs:*", True),
        ("docs:not-empty", True),
        ("state:docs", True),
        ("state", True),
        ("**:not-empty", True),
        ("d*", True),
        ("not-empty", False),
        ("docs:other", False),
        ("docs:not-empty:more", False),
    ],
)
def test_patterns(pattern: str, matches: object) -> None:
    assert gates.matches("state:docs:not-empty", pattern) is matches


def test_listing_has_generators_apart(free: Module) -> None:
    assert listing(gates.find(free)) == (
        "Name                   Description\n"
        "state:docs:not-empty   Not empty\n"
        "state:nothing          Passes\n"
        "\n"
        "Generators\n"
        "state:index   -\n"
    )
