"""Where a chain starts: the module's constructor, or the engine's own root."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from portable_dagger.cli.chain import Types
from portable_dagger.cli.typedefs import OBJECT, Function, Module, Type

if TYPE_CHECKING:
    from portable_dagger.cli.client import Session
    from portable_dagger.cli.options import Given

API_ROOT = Function("", Type(OBJECT, "Query"), (), "The engine's own API.")


def load(session: Session, given: Given) -> Module:
    """Load the module that --mod names, or the one of the current folder."""
    return session.module(_reference(given))


def chosen(session: Session, given: Given) -> Module | None:
    """Load the module as `load` does; None after --no-mod."""
    return None if "no-mod" in given else load(session, given)


def root(module: Module | None) -> Function:
    """Return what makes the first object of a chain."""
    return module.constructor if module else API_ROOT


def types(session: Session) -> Types:
    """Return where a chain's types are looked up."""
    return Types(session.object_type, session.members)


def _reference(given: Given) -> str | None:
    reference = given.get("mod", [None])[-1]
    if reference is not None and os.path.isdir(reference):
        return os.path.abspath(reference)
    return reference
