"""What the evaluator keeps, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import NotFoundError
from portable_dagger.graph import evaluation
from portable_dagger.graph.evaluation import Evaluator
from portable_dagger.graph.recipe import Recipe
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def test_the_oldest_recipes_go_once_they_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "RECIPES", 3)
    store = Store(tmp_path)
    evaluator = Evaluator(store)
    made = [
        evaluator.intern(Recipe("Directory", "directory", None, (("number", number),)))
        for number in range(5)
    ]
    evaluator.forget()
    assert [evaluator.load(recipe.id) for recipe in made[2:]] == made[2:]
    for recipe in made[:2]:
        with pytest.raises(NotFoundError, match="is not known to this engine"):
            evaluator.load(recipe.id)
    store.close()
