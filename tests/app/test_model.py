from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import xgboost

from app import dataset
from app.errors import ArtifactError
from app.features import EXAMPLE
from app.model import METADATA_ATTRIBUTE, Model
from app.sample.make import SAMPLE

if TYPE_CHECKING:
    from pathlib import Path


def test_a_saved_model_comes_back_the_same(model: Model, model_path: Path) -> None:
    loaded = Model.load(model_path)
    inputs = dataset.load(str(SAMPLE)).inputs

    assert loaded.metadata == model.metadata
    assert loaded.predict(inputs) == model.predict(inputs)


def test_threads_get_the_answers_of_one_thread(model_path: Path) -> None:
    model = Model.load(model_path)
    inputs = dataset.load(str(SAMPLE)).inputs
    expected = model.predict(inputs)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(model.predict, [inputs] * 16))

    assert all(answer == expected for answer in answers)


def test_saving_replaces_whole_files_and_leaves_nothing_aside(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.ubj"
    path.write_text("an older one", encoding="utf-8")
    model.save(path)

    assert Model.load(path).metadata == model.metadata
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_file_is_named_with_the_way_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="No such file") as caught:
        Model.load(tmp_path / "absent.ubj")

    assert "python -m app.train" in caught.value.hint


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.ubj"
    path.write_text("no model", encoding="utf-8")

    with pytest.raises(ArtifactError, match="is not an XGBoost model"):
        Model.load(path)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (None, "carries no metadata"),
        ("{}", "metadata of .* is damaged"),
        ("swapped", "made for other features: Longitude, "),
    ],
)
def test_metadata_must_be_there_and_fit(
    model_path: Path, tmp_path: Path, metadata: str | None, message: str
) -> None:
    booster = xgboost.Booster(model_file=str(model_path))
    if metadata == "swapped":
        text = booster.attr(METADATA_ATTRIBUTE)
        assert text is not None
        metadata = text.replace('"MedInc"', '"Longitude"', 1)
    booster.set_attr(**{METADATA_ATTRIBUTE: metadata})
    path = tmp_path / "model.ubj"
    booster.save_model(path)

    with pytest.raises(ArtifactError, match=message):
        Model.load(path)


@pytest.mark.filterwarnings("ignore:.*(from GPU to CPU|not compiled with CUDA)")
def test_a_model_for_cuda_predicts_by_cpu_with_a_warning_where_no_gpu_is(
    model_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if xgboost.build_info()["USE_CUDA"]:
        pytest.skip("this XGBoost is built for CUDA and may find a GPU")

    fallen_back = Model.load(model_path, device="cuda")

    assert fallen_back.device == "cpu"
    assert "no usable cuda: the model predicts on cpu" in caplog.text
    assert fallen_back.predict([EXAMPLE]) == Model.load(model_path).predict([EXAMPLE])
