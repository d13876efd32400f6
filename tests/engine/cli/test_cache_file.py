"""`dagger cache save` and `load`: what they want, and what they say."""

from __future__ import annotations

import pytest

from portable_dagger.cli import cache, cache_file
from portable_dagger.errors import CommandLineError

ANSWER = {"steps": 3, "layers": 2, "volumes": 0, "seconds": 1.5}


@pytest.mark.parametrize("word", ["save", "load"])
@pytest.mark.parametrize("files", [[], ["one", "two"]])
def test_one_file_is_wanted(word: str, files: list[str]) -> None:
    with pytest.raises(CommandLineError, match=f"dagger cache {word}: one file is wanted"):
        cache.run({}, [word, *files])


def test_other_words_are_refused() -> None:
    with pytest.raises(CommandLineError, match="prune, save, load or nothing is wanted, not show"):
        cache.run({}, ["show"])


def test_what_was_saved_is_told() -> None:
    answer = {**ANSWER, "size": 2_000_000, "left_out": ["a\nb", *(f"x{n}" for n in range(9))]}
    lines = cache_file.saved(answer, "/file").splitlines()
    assert lines[0] == "saved 3 steps, 2 layers in /file: 2.0 MB, 1.5s"
    assert lines[1] == "left out: a b"
    assert lines[-1] == "left out: 5 more"


def test_what_was_loaded_is_told() -> None:
    new = {"new_steps": 1, "new_layers": 0, "new_volumes": 1}
    told = cache_file.loaded({**ANSWER, "volumes": 1, **new}, "/file")
    assert told == (
        "loaded 1 steps, 0 layers and 1 cache volumes of the"
        " 3 steps, 2 layers and 1 cache volumes in /file, 1.5s\n"
    )
