from __future__ import annotations

from tests.ci.secrets.corpus import Chance
from tests.ci.secrets.repository import CORPUS, PLACES, place


def test_there_are_enough_cases_each_in_a_file_of_its_own() -> None:
    paths = [case.path for case in CORPUS]
    secrets = [case for case in CORPUS if case.secret]

    assert len(set(paths)) == len(paths)
    assert len(secrets) >= 60
    assert len(CORPUS) - len(secrets) >= 60
    assert {place(case) for case in secrets} == set(PLACES)


def test_the_same_seed_makes_the_same_texts() -> None:
    assert Chance("a").text(20) == Chance("a").text(20)
    assert Chance("a").text(20) != Chance("b").text(20)
