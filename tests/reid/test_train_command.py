import csv
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from typer import Typer
from typer.testing import CliRunner

from reid import evaluate, train
from reid.model import load
from tests.reid.pictures import write, write_folder, write_khoa

CONFIG = """
model: {{backbone: efficientnet_lite0, input_hw: [32, 32]}}
steps: {steps}
evaluate_every: 1
domains:
  - {{name: real, sources: [{{format: folder, path: real}}], identities: 2, crops: 2}}
validation:
  - {{name: khoa, sources: [{{format: khoa_val, path: khoa}}], protocols: [camera_to_camera]}}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("crops")
    write_folder(root / "real", range(3))
    write_khoa(root / "khoa", {"val": [5, 6, 7]})
    return root


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Compute in one order: what two steps teach is told apart by the last bits alone."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def invoke(module, *arguments: object):
    app = Typer()
    app.command()(module.main)
    return CliRunner().invoke(app, [str(a) for a in arguments])


def run(root: Path, out: Path, steps: int):
    config = out.parent / "train.yaml"
    config.write_text(CONFIG.format(steps=steps))
    return config, invoke(train, "--config", config, "--data", root, "--out", out)


@pytest.mark.usefixtures("one_thread")
def test_train_resume_evaluate(root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    out = tmp_path / "out"
    assert run(root, out, steps=1)[1].exit_code == 0
    with caplog.at_level(logging.INFO):
        config, result = run(root, out, steps=2)
    assert result.exit_code == 0, result.output
    assert "resumed after step 1 of 2" in caplog.text
    with (out / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2"]
    assert "khoa/camera_to_camera mAP" in rows[0]
    kept = sorted(p.name for p in out.glob("step_*"))
    assert kept == ["step_000001.safetensors", "step_000002.safetensors"]
    weights = out / "model.safetensors"
    assert load(weights).spec.input_hw == (32, 32)

    file = tmp_path / "numbers.json"
    arguments = ("--config", config, "--data", root, "--weights", weights, "--json", file)
    result = invoke(evaluate, *arguments)
    assert result.exit_code == 0, result.output
    numbers = json.loads(file.read_text())
    assert numbers["retrieval"]["khoa/camera_to_camera"]["queries"] == 6
    assert numbers["retrieval"]["khoa/camera_to_camera"]["mAP"] == pytest.approx(
        float(rows[1]["khoa/camera_to_camera mAP"]), abs=1e-5
    )
    assert set(numbers["calibration"]) == {"khoa"}


def test_a_domain_may_have_teachers_of_its_own(root: Path, tmp_path: Path):
    assert run(root, tmp_path / "first", steps=1)[1].exit_code == 0
    weights = tmp_path / "first" / "model.safetensors"
    config = tmp_path / "taught.yaml"
    taught = f"crops: 2, distillation: 1, taught_by: views, teachers: [{weights}]"
    text = CONFIG.format(steps=1).replace("crops: 2", taught)
    config.write_text(text + "teacher_weights: [not_needed.safetensors]\n")
    arguments = ("--config", config, "--data", root, "--out", tmp_path / "second")
    result = invoke(train, *arguments)
    assert result.exit_code == 0, result.output
    config.write_text(text.replace(str(weights), "gone.safetensors"))
    result = invoke(train, *arguments)
    assert result.exit_code == 2
    assert "gone.safetensors" in result.output


def test_a_training_that_has_all_steps_says_so(
    root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    out = tmp_path / "out"
    assert run(root, out, steps=2)[1].exit_code == 0
    before = {path: path.read_bytes() for path in out.iterdir()}
    with caplog.at_level(logging.INFO):
        # Before it loads anything, which may take minutes.
        result = run(tmp_path / "no crops", out, steps=2)[1]
    assert result.exit_code == 0, result.output
    line = (
        f"{out / 'checkpoint.pt'}: all 2 steps are trained already; raise steps to go on, or "
        "choose another --out"
    )
    assert line in caplog.messages
    result = run(root, out, steps=1)[1]
    assert result.exit_code == 2
    assert " ".join(result.output.split()).endswith(
        f"error: {out / 'checkpoint.pt'}: 2 steps are trained already, and the "
        "configuration asks for 1; raise steps to go on, or choose another --out"
    )
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_weights_that_were_moved_away_are_written_again(root: Path, tmp_path: Path):
    out = tmp_path / "out"
    assert run(root, out, steps=1)[1].exit_code == 0
    before = (out / "model.safetensors").read_bytes()
    (out / "model.safetensors").unlink()
    assert run(root, out, steps=1)[1].exit_code == 0
    assert (out / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("path: real}]", "path: single}]"), "domain 'real' has one identity"),
        (("crops: 2", "crops: 2, attributes: [model]"), "no crop has the attribute 'model'"),
    ],
    ids=["one identity", "attribute"],
)
def test_what_cannot_be_learned_is_one_line(root: Path, tmp_path: Path, change, message: str):
    write_folder(root / "single", range(1))
    config = tmp_path / "train.yaml"
    config.write_text(CONFIG.format(steps=1).replace(*change))
    result = invoke(train, "--config", config, "--data", root, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_a_log_that_is_none_is_one_line(root: Path, tmp_path: Path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "log.csv").write_text("stop,loss\n1,2\n")
    result = run(root, out, steps=1)[1]
    assert result.exit_code == 2
    assert "log.csv is no log of a training; move it away to go on" in " ".join(
        result.output.split()
    )
    assert (out / "log.csv").read_text() == "stop,loss\n1,2\n"


def test_shared_vehicles_are_refused(root: Path, tmp_path: Path):
    write_khoa(root / "shared", {"train": [1, 2], "val": [2]})
    config = tmp_path / "train.yaml"
    text = CONFIG.format(steps=1).replace("path: khoa", "path: shared")
    config.write_text(
        text.replace("format: folder, path: real", "format: khoa_train, path: shared")
    )
    result = invoke(train, "--config", config, "--data", root, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "shared/car_0002" in " ".join(result.output.split())


@pytest.mark.parametrize("module", [train, evaluate], ids=["train", "evaluate"])
def test_a_missing_configuration_is_one_line(module, tmp_path: Path):
    arguments = ["--config", tmp_path / "no.yaml", "--data", tmp_path]
    if module is train:
        arguments += ["--out", tmp_path / "out"]
    result = invoke(module, *arguments)
    assert result.exit_code == 2
    assert "not found" in result.output


def test_a_file_in_place_of_a_folder_is_one_line(root: Path, tmp_path: Path):
    (tmp_path / "out").write_text("")
    result = run(root, tmp_path / "out", steps=1)[1]
    assert result.exit_code == 2
    assert "must be a folder, and is a file" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("option", "name", "message"),
    [
        ("--json", "missing/n.json", "missing is not a folder"),
        ("--pictures", "train.yaml", "must be a folder, and is a file"),
    ],
    ids=["json", "pictures"],
)
def test_outputs_are_checked_before_the_work(
    root: Path, tmp_path: Path, option: str, name: str, message: str
):
    config = tmp_path / "train.yaml"
    config.write_text(CONFIG.format(steps=1))
    result = invoke(evaluate, "--config", config, "--data", root, option, tmp_path / name)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_weights_are_not_replaced_by_their_scores(root: Path, tmp_path: Path):
    config, weights = tmp_path / "train.yaml", tmp_path / "w.safetensors"
    config.write_text(CONFIG.format(steps=1))
    weights.write_bytes(b"weights")
    options = ("--weights", weights, "--json", weights)
    result = invoke(evaluate, "--config", config, "--data", root, *options)
    assert result.exit_code == 2
    assert "is read by this command" in " ".join(result.output.split())
    assert weights.read_bytes() == b"weights"


def test_queries_without_a_match_are_said_and_null(root: Path, tmp_path: Path):
    write_folder(root / "alone", range(20, 22), cameras=1)
    config, file = tmp_path / "train.yaml", tmp_path / "n.json"
    config.write_text(
        CONFIG.format(steps=1).replace(
            "format: khoa_val, path: khoa", "format: folder, path: alone"
        )
    )
    result = invoke(evaluate, "--config", config, "--data", root, "--json", file)
    assert result.exit_code == 0, result.output
    assert "no query has its vehicle in the gallery" in " ".join(result.output.split())
    numbers = json.loads(file.read_text())["retrieval"]["khoa/camera_to_camera"]
    assert (numbers["queries"], numbers["mAP"]) == (0, None)


def test_a_protocol_that_does_not_fit_is_one_line(root: Path, tmp_path: Path):
    write_folder(root / "three", range(20, 22), cameras=3)
    config = tmp_path / "train.yaml"
    text = CONFIG.format(steps=1).replace(
        "format: khoa_val, path: khoa", "format: folder, path: three"
    )
    text = text.replace("camera_to_camera", "camera_1_to_2")
    config.write_text(text)
    message = "validation set khoa: the protocol camera_1_to_2 is for two cameras, there are 3"
    out = tmp_path / "out"
    for module, options in ((evaluate, ()), (train, ("--out", out))):
        result = invoke(module, "--config", config, "--data", root, *options)
        assert result.exit_code == 2
        assert message in " ".join(result.output.split())
    assert not list(out.iterdir())


def test_a_set_that_joins_later_gets_a_column_and_no_step_is_there_twice(
    root: Path, tmp_path: Path
):
    out = tmp_path / "out"
    config, result = run(root, out, steps=2)
    assert result.exit_code == 0, result.output
    log = (out / "log.csv").read_text()
    (out / "log.csv").write_text(log + log.splitlines()[-1].replace("2,", "3,", 1) + "\n")  # lost
    write_folder(root / "more", range(30, 33))
    more = "  - {name: more, sources: [{format: folder, path: more}]}\n"
    config.write_text(CONFIG.format(steps=3) + more)
    result = invoke(train, "--config", config, "--data", root, "--out", out)
    assert result.exit_code == 0, result.output
    with (out / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2", "3"]
    assert [bool(row["more/cross_camera mAP"]) for row in rows] == [False, False, True]
    assert all(row["khoa/camera_to_camera mAP"] for row in rows)


def test_a_loss_that_is_no_number_keeps_what_was_written(root: Path, tmp_path: Path):
    out = tmp_path / "out"
    config, result = run(root, out, steps=1)
    assert result.exit_code == 0, result.output
    before = {path: path.read_bytes() for path in out.iterdir()}
    # Infinite in float32.
    config.write_text(CONFIG.format(steps=3) + "triplet_margin: 1.0e+39\n")
    result = invoke(train, "--config", config, "--data", root, "--out", out)
    assert result.exit_code == 2
    assert "error: the loss of step 2 is inf" in " ".join(result.output.split())
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_attributes_may_be_known_of_a_few_vehicles_only(root: Path, tmp_path: Path):
    for identity in range(1, 13):
        for camera in (1, 2):
            name = f"{identity:04d}_c{camera:03d}_00000001_0.jpg"
            write(root / "veri" / "image_train" / name, identity, camera)
    (root / "veri" / "identities.csv").write_text("id,model,colour\n1,bus,red\n2,sedan,red\n")
    config = tmp_path / "train.yaml"
    text = CONFIG.format(steps=8).replace("evaluate_every: 1", "evaluate_every: 2")
    config.write_text(
        text.replace("folder, path: real}]", "veri, path: veri/image_train}], attributes: [model]")
    )
    result = invoke(train, "--config", config, "--data", root, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    with (tmp_path / "out" / "log.csv").open(newline="") as file:
        known = [bool(row["real/model"]) for row in csv.DictReader(file)]
    assert any(known)
    assert not all(known)


def test_missing_data_is_one_line(tmp_path: Path):
    result = run(tmp_path / "nowhere", tmp_path / "out", steps=1)[1]
    assert result.exit_code == 2
    assert "is not a folder" in " ".join(result.output.split())
