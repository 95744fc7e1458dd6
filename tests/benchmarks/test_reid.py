import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer import Typer
from typer.testing import CliRunner

from benchmarks import reid
from benchmarks.reid_networks import colour_histogram, unit
from benchmarks.speed import Spread
from reid.evaluation.metrics import RetrievalScores
from reid.model import ModelSpec, ReIDModel, save
from tests.reid.pictures import paint, write_khoa

CONFIG = """
domains:
  - {name: none, sources: [{format: khoa_train, path: khoa}], identities: 2, crops: 2}
validation:
  - {name: khoa, sources: [{format: khoa_val, path: khoa}], protocols: [camera_1_to_2]}
  - name: distractors
    query: [{format: khoa_val, path: khoa, scope: khoa}]
    sources:
      - {format: khoa_val, path: khoa, scope: khoa}
      - {format: khoa_train, path: khoa, scope: khoa}
    protocols: [camera_1_to_2, camera_2_to_1]
"""
APP = Typer()
APP.command()(reid.main)


@pytest.fixture(autouse=True)
def _threads():
    """The command sets the threads of the whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three vehicles in two cameras, four distractors, and two seeds of a network."""
    root = tmp_path_factory.mktemp("benchmark")
    write_khoa(root / "khoa", {"train": range(4), "val": range(4, 7)})
    (root / "config.yaml").write_text(CONFIG)
    spec = ModelSpec(input_hw=(32, 32))
    for seed in range(2):
        torch.manual_seed(seed)
        save(ReIDModel(spec.build().eval(), spec), root / f"{seed}.safetensors")
    return root


def invoke(folder: Path, *options: str):
    arguments = ["--config", str(folder / "config.yaml"), "--data", str(folder), *options]
    return CliRunner().invoke(APP, arguments)


@pytest.mark.parametrize("size", [1, 2])
def test_seeds_make_one_row(folder: Path, tmp_path: Path, size: int, monkeypatch):
    monkeypatch.setattr(reid, "untrained", lambda hw: colour_histogram())
    monkeypatch.setattr(reid, "_ROUNDS", 1)
    files = ",".join(str(folder / f"{seed}.safetensors") for seed in range(size))
    result = invoke(folder, "--weights", f"ours={files}", "--json", str(tmp_path / "b.json"))
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "b.json").read_text())
    assert list(found["networks"]) == ["ours", "ImageNet, untrained", "colour histogram"]
    ours = found["networks"]["ours"]
    assert list(ours["scores"]) == [
        "khoa/camera_1_to_2",
        "distractors/camera_1_to_2",
        "distractors/camera_2_to_1",
    ]
    assert ours["scores"]["distractors/camera_2_to_1"]["queries"] == [3] * size
    assert len(ours["scores"]["khoa/camera_1_to_2"]["mAP"]) == size
    assert ours["ms_per_crop"] > 0
    # Made-up vehicles differ by their colours, which is all that a histogram sees.
    assert found["networks"]["colour histogram"]["scores"]["khoa/camera_1_to_2"]["Top-5"] == [1.0]
    assert found["environment"]["versions"]["torch"]
    assert "khoa/camera_1_to_2, 3 queries" in result.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(("--weights", "gone.safetensors"), "not found", id="weights"),
        pytest.param(("--weights", "a={0}", "--weights", "a={0}"), "called 'a'", id="names"),
        pytest.param(
            ("--weights", "{0}", "--osnet", "gone.onnx"), "gone.onnx not found", id="osnet"
        ),
        pytest.param(("--weights", "{0}", "--data", "nowhere"), "is not a folder", id="data"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    folder: Path, options: tuple[str, ...], message: str, monkeypatch
):
    monkeypatch.setattr(reid, "untrained", lambda hw: colour_histogram())
    result = invoke(folder, *(o.format(folder / "0.safetensors") for o in options))
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_histograms_tell_colours_apart():
    network = colour_histogram()
    images = np.stack([paint(1, 0), paint(1, 0), paint(2, 0)])
    vectors = network.embed(images)
    assert vectors.shape == (3, 2 * 12 * 4 * 4)
    assert vectors[0] @ vectors[1] == pytest.approx(1)
    assert vectors[0] @ vectors[2] < 0.9


def test_a_vector_without_length_stays():
    assert unit(np.array([[3, 4], [0, 0]], np.float32)).tolist() == [
        [pytest.approx(0.6), pytest.approx(0.8)],
        [0, 0],
    ]


def scores(*precision: float) -> RetrievalScores:
    count = len(precision)
    return RetrievalScores(np.array(precision), np.zeros(count, np.int64), np.arange(count))


def test_the_lead_is_the_mean_difference_over_the_queries_with_its_error():
    seeds = [scores(0.9, 0.5, np.nan, 1.0), scores(0.7, 0.5, np.nan, 1.0)]
    mean, error = reid.lead(seeds, scores(0.5, 0.5, np.nan, 0.4))
    # Differences 0.3, 0 and 0.6: standard deviation 0.3.
    assert (mean, error) == pytest.approx((0.3, 0.3 / 3**0.5))


def test_queries_of_one_vehicle_count_as_one_for_the_error():
    other = scores(0.5, 0.2, 0.4)
    twice = RetrievalScores(
        np.repeat(other.average_precision, 2), np.zeros(6, np.int64), np.repeat(other.identity, 2)
    )
    own = scores(0.9, 0.3, 0.3)
    same = replace(twice, average_precision=np.repeat(own.average_precision, 2))
    assert reid.lead([same], twice) == pytest.approx(reid.lead([own], other))
    alone = replace(other, identity=np.zeros(3, np.int64))
    assert math.isnan(reid.lead([own], alone)[1])


def test_only_others_are_compared_with_osnet():
    rows = {"ours": [{"a/b": scores(1.0, 0.5)}], reid.OSNET: [{"a/b": scores(0.5, 0.5)}]}
    table = reid.score_table("a/b", rows)
    assert list(table.columns[-1].cells) == ["0.250 ± 0.250", ""]
    del rows[reid.OSNET]
    assert len(reid.score_table("a/b", rows).columns) == 4


def test_json_has_null_where_no_query_has_a_match():
    nobody = RetrievalScores(np.array([np.nan]), np.array([-1]), np.array([0]))
    numbers = reid.as_json({"ours": [{"a/b": nobody}]}, {"ours": Spread.of([1.0])})
    assert json.loads(reid.to_json(numbers))["ours"]["scores"]["a/b"]["mAP"] == [None]
