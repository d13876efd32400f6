from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

LOCKS = ("serve-cpu", "serve-cuda", "train", "test", "load", "lint")


def names(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", lock, flags=re.MULTILINE))


def read(root: Path, name: str) -> str:
    return (root / "app" / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_has_a_version_and_hashes_and_no_index(root: Path, name: str) -> None:
    lock = read(root, name)
    requirements = [line for line in lock.splitlines() if re.match(r"[^\s#]", line)]

    assert requirements
    for line in requirements:
        assert re.match(r"[a-z0-9-]+==[\w.+]+( ; .+)? \\$", line), line
    blocks = re.split(r"^(?=[a-z0-9-]+==)", lock, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in lock
    assert "--index" not in lock


def test_there_is_no_other_lock(root: Path) -> None:
    found = {path.stem for path in (root / "app" / "requirements").glob("*.txt")}

    assert found == set(LOCKS)


def test_serving_needs_neither_scikit_learn_nor_pandas(root: Path) -> None:
    for name in ("serve-cpu", "serve-cuda"):
        assert not names(read(root, name)) & {"scikit-learn", "pandas"}


def test_each_variant_has_its_own_xgboost(root: Path) -> None:
    assert names(read(root, "serve-cpu")) & {"xgboost", "xgboost-cpu"} == {"xgboost-cpu"}
    assert names(read(root, "serve-cuda")) & {"xgboost", "xgboost-cpu"} == {"xgboost"}
