"""Checks and generators of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portable_dagger.cli import gates, queries
from portable_dagger.cli.check import listing

if TYPE_CHECKING:
    from portable_dagger.cli.typedefs import Module


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
