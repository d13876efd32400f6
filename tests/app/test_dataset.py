from __future__ import annotations

import hashlib
import importlib.util
from typing import TYPE_CHECKING

import pytest

from app import dataset
from app.dataset import CENSUS_COLUMNS, parse
from app.errors import DataSetError
from app.features import NAMES, TARGET
from app.sample.make import SAMPLE

if TYPE_CHECKING:
    from pathlib import Path

FEATURE_HEADER = ",".join((*NAMES, TARGET))
CENSUS_HEADER = ",".join(CENSUS_COLUMNS)
# The first district of the census' file; scikit-learn's documentation shows it as features.
CENSUS_ROW = "-122.23,37.88,41.0,880.0,129.0,322.0,126.0,8.3252,452600.0"
AS_FEATURES = [8.3252, 41.0, 6.98412698, 1.02380952, 322.0, 2.55555556, 37.88, -122.23, 4.526]


def test_a_file_with_the_features_is_taken_as_it_is() -> None:
    data = dataset.load(str(SAMPLE))

    assert data.inputs.shape == (500, 8)
    assert data.target.shape == (500,)
    assert data.sha256 == hashlib.sha256(SAMPLE.read_bytes()).hexdigest()
    assert (data.source, data.dropped) == ("california-sample.csv", 0)


def test_features_are_derived_from_the_census_columns() -> None:
    data = parse(f"{CENSUS_HEADER}\n{CENSUS_ROW}\n".encode(), "housing.csv")

    assert [*data.inputs[0], data.target[0]] == pytest.approx(AS_FEATURES)


def test_rows_with_a_missing_value_are_left_out_and_counted() -> None:
    incomplete = CENSUS_ROW.replace("129.0", "")
    data = parse(f"{CENSUS_HEADER}\n{incomplete}\n{CENSUS_ROW}\n".encode(), "housing.csv")

    assert len(data.target) == 1
    assert data.dropped == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "columns (none)"),
        (b"a,b\n1,2\n", "columns a, b"),
        (b"\xff\xfe", "not UTF-8"),
        (f"{FEATURE_HEADER}\n".encode(), "no complete row"),
        (f"{FEATURE_HEADER}\n1,2,3,4,5,6,7,8,x\n".encode(), "line 2: could not convert"),
        (f"{CENSUS_HEADER}\n1,1,1,1,1,1,0,1,1\n".encode(), "line 2: float division by zero"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(content: bytes, message: str) -> None:
    with pytest.raises(DataSetError) as caught:
        parse(content, "given.csv")

    assert "given.csv" in caught.value.message
    assert message in caught.value.message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=r"absent\.csv: No such file"):
        dataset.load(str(tmp_path / "absent.csv"))


@pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is not None, reason="scikit-learn is installed here"
)
def test_without_scikit_learn_the_loader_says_what_to_install() -> None:
    with pytest.raises(DataSetError) as caught:
        dataset.load("sklearn")

    assert "app/requirements/train.txt" in caught.value.hint
