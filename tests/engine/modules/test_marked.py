"""Marked functions: found below the main object, named by their path."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from portable_dagger.api.kinds import TypeDefKind
from portable_dagger.modules.marked import Mark, Marked, find, matches
from portable_dagger.modules.typedefs import Function, FunctionArg, TypeDef

if TYPE_CHECKING:
    from portable_dagger.modules.typedefs import Module

VOID = TypeDef(TypeDefKind.VOID_KIND, optional=True)


@pytest.fixture
def free(registered: Module) -> Module:
    """The module with a constructor that needs nothing, and a marked function one object further."""
    main, card = registered.objects
    back = Function("my_mod", TypeDef(TypeDefKind.OBJECT_KIND, "MyMod"))
    card = replace(card, functions=(Function("make_all", VOID, "Makes", generate=True), back))
    return replace(registered, objects=(replace(main, constructor=None), card))


def test_found_through_functions_without_arguments(free: Module) -> None:
    assert find(free, "MyMod") == [
        Marked(Mark.GENERATE, ("card", "makeAll"), "Makes"),
        Marked(Mark.CHECK, ("isFine",)),
    ]
    assert find(free, "MyMod")[0].path == ("card", "make-all")


def test_a_constructor_that_needs_arguments_leaves_nothing(registered: Module) -> None:
    assert find(registered, "MyMod") == []


def test_a_workspace_argument_is_given_by_the_engine(free: Module) -> None:
    workspace = FunctionArg("ws", TypeDef(TypeDefKind.OBJECT_KIND, "Workspace"))
    made = Function("served", VOID, up=True, args=(workspace,))
    main, card = free.objects
    module = replace(free, objects=(replace(main, functions=(made,)), card))
    assert [marked.mark for marked in find(module, "MyMod")] == [Mark.UP]


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("docs", True),
        ("docs:spelling", True),
        ("docs:*", True),
        ("**:spelling", True),
        ("d*", True),
        ("spelling", False),
        ("docs:other", False),
    ],
)
def test_patterns(pattern: str, *, fits: bool) -> None:
    assert matches(("docs", "spelling"), pattern) is fits
