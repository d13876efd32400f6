"""Types as clients are served them."""

from __future__ import annotations

import gc
import weakref

from portable_dagger.api.registry import ObjectType, Types


def test_sessions_that_are_served_the_same_share_their_types() -> None:
    """Each had a schema of its own, and the engine kept them all: 0.7 MB a call."""
    core = Types({"Query": ObjectType("Query", "All of it.")})
    module = Types({"Hello": ObjectType("Hello", "Greets.")})
    first = core.extended(module)
    assert set(first.objects) == {"Query", "Hello"}
    assert core.extended(module) is first
    assert core.extended(Types({"Hello": ObjectType("Hello", "Another.")})) is not first


def test_types_that_nobody_is_served_go() -> None:
    core = Types({"Query": ObjectType("Query", "All of it.")})
    first = weakref.ref(core.extended(Types()))
    for _ in range(40):
        core.extended(Types())
    gc.collect()
    assert first() is None
