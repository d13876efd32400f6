"""What a field's function may use beside its arguments: the engine, the session, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portable_dagger.engine import Engine
    from portable_dagger.graph.recipe import Recipe
    from portable_dagger.session.client import Client
    from portable_dagger.session.session import Session
    from portable_dagger.store.store import Store


@dataclass(frozen=True, slots=True)
class Context:
    """Handed to every field's function.

    `recipe` is the recipe that is being evaluated, None for a leaf; `receiver` is a leaf's object.
    """

    engine: Engine
    session: Session
    client: Client
    recipe: Recipe | None = None
    receiver: Recipe | None = None

    @property
    def store(self) -> Store:
        """The engine's store."""
        return self.engine.store
