from __future__ import annotations

from ci.hash_seed import derive


def test_the_same_content_has_the_same_seed_and_another_has_another() -> None:
    assert derive("sha256:1") == derive("sha256:1")
    assert len({derive(f"sha256:{number}") for number in range(1000)}) == 1000


def test_a_seed_is_one_that_python_takes_and_that_leaves_chance_on() -> None:
    assert all(0 < int(derive(str(number))) < 2**32 for number in range(1000))
