from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
import xgboost

from app import dataset
from app.errors import DataSetError
from app.features import FEATURES, NAMES
from app.model import Model
from app.sample.make import SAMPLE
from app.train import ARTIFACT_NAME, Options, evaluate, main, split, train

if TYPE_CHECKING:
    from pathlib import Path

REAL_DATA = os.environ.get("CALIFORNIA_HOUSING_CSV")
needs_real_data = pytest.mark.skipif(
    REAL_DATA is None, reason="CALIFORNIA_HOUSING_CSV is not set: give the path of the real data"
)


def test_a_fifth_is_held_out_and_no_row_is_in_both_parts() -> None:
    learn, held_out = split(101, seed=1)

    assert len(held_out) == 20
    assert sorted([*learn, *held_out]) == list(range(101))
    assert list(learn) == list(split(101, seed=1)[0])
    assert list(learn) != list(split(101, seed=2)[0])


def test_metrics_are_those_of_the_textbook() -> None:
    actual, predicted = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 3.0, 6.0])

    assert evaluate(actual, predicted) == {"r2": 0.2, "rmse": 1.0, "mae": 0.5}


def test_the_same_data_and_seed_give_the_same_model(model: Model) -> None:
    data = dataset.load(str(SAMPLE))
    again = train(data, Options(rounds=20))
    other = train(data, Options(rounds=20, seed=7))

    assert again.metadata == model.metadata
    assert other.metadata.version != model.metadata.version


def test_the_model_learns_the_sample(model: Model) -> None:
    assert model.metadata.rows_trained == 400
    assert model.metadata.rows_held_out == 100
    assert model.metadata.metrics["r2"] > 0.5


def test_too_few_rows_are_refused() -> None:
    data = dataset.load(str(SAMPLE))
    few = dataset.DataSet(data.inputs[:9], data.target[:9], data.sha256, "few.csv")

    with pytest.raises(DataSetError, match=r"few\.csv has 9 rows"):
        train(few, Options())


def test_the_command_writes_one_artifact_and_prints_its_metadata(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "folder"

    assert main(["--data", str(SAMPLE), "--out", str(out), "--rounds", "3"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [path.name for path in out.iterdir()] == [ARTIFACT_NAME]
    stored = Model.load(out / ARTIFACT_NAME).metadata
    assert printed["version"] == stored.version
    assert printed["features"] == list(NAMES)
    assert printed["parameters"]["rounds"] == 3
    assert printed["data_sha256"] == dataset.load(str(SAMPLE)).sha256


def test_the_command_reports_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path / "none.csv"), "--out", str(tmp_path)]) == 1
    assert "cannot read the data set" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert main(["--data", str(SAMPLE), "--out", str(tmp_path / "file"), "--rounds", "1"]) == 1
    assert "File exists" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:.*(from GPU to CPU|not compiled with CUDA)")
def test_training_for_a_gpu_that_is_not_there_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if xgboost.build_info()["USE_CUDA"]:
        pytest.skip("this XGBoost is built for CUDA and may find a GPU")
    arguments = ["--data", str(SAMPLE), "--out", str(tmp_path), "--rounds", "1"]

    assert main([*arguments, "--device", "cuda"]) == 1
    assert "ran on cpu" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@needs_real_data
def test_the_real_data_reaches_its_goal() -> None:
    model = train(dataset.load(str(REAL_DATA)), Options())

    assert model.metadata.metrics["r2"] >= 0.82


@needs_real_data
def test_the_real_data_is_in_range() -> None:
    inputs = dataset.load(str(REAL_DATA)).inputs

    for column, feature in enumerate(FEATURES):
        assert feature.low <= inputs[:, column].min(), feature.name
        assert inputs[:, column].max() <= feature.high, feature.name
