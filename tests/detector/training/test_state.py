from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file
from torch import nn
from typer.testing import CliRunner

from detector import evaluate, network, train
from detector.data.dataset import Source, load_samples
from detector.files.checkpoint import write_checkpoint
from detector.training.batches import Batch, draw_batch, pool
from detector.training.config import TrainingConfig
from detector.training.distillation import (
    edge_loss,
    feature_loss,
    run_layers,
    score_loss,
    spread,
    stage_ends,
)
from detector.training.state import Trainer
from detector.training.supervision import SupervisedLoss, anchors_in_regions
from detector.types import CLASS_NAMES
from detector.yolo import DEFAULT_WEIGHTS
from tests.little_room import little_room

SOURCES = (
    Source(name="labelled", paths=("streets/images",), held_out=30),
    Source(name="plain", paths=("plain/images",), labelled=False, held_out=30),
)


@pytest.fixture(scope="module")
def streets(tmp_path_factory):
    """A few pictures of bright boxes, with labels and without."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for name in ("streets", "plain"):
        (root / name / "images").mkdir(parents=True)
        (root / name / "labels").mkdir()
        for i in range(10):
            image = rng.integers(0, 60, (64, 96, 3), np.uint8)
            image[20:44, 30:70] = 220
            cv2.imwrite(str(root / name / "images" / f"{i}.png"), image)
            if name == "streets":
                line = f"0 {50 / 96} 0.5 {40 / 96} {24 / 64}\n"
                (root / name / "labels" / f"{i}.txt").write_text(line)
    return root


@pytest.fixture(scope="module")
def config():
    return TrainingConfig(
        sources=SOURCES, steps=4, batch=2, view_size=64, layerwise_steps=2, layerwise_batch=2,
        layerwise_view_size=64, warmup_steps=2,
    )  # fmt: skip


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    """A network of the student's architecture with more classes, in another order."""
    path = tmp_path_factory.mktemp("teacher") / "teacher.safetensors"
    network.save(
        network.build("yolo11n.yaml", ["person", "truck", "bus", "motorbike", "car"]), path
    )
    return str(path)


@pytest.fixture(scope="module")
def batch(streets, config):
    sets = [load_samples(source, [streets], held_out=False) for source in SOURCES]
    pools = [pool(samples, balance=0.0) for samples in sets]
    return draw_batch(pools, step=0, batch=6, size=64, seed=1)


@pytest.fixture(scope="module")
def student():
    return network.build("yolo11n.yaml", CLASS_NAMES).module


def test_layer_by_layer_is_the_network_itself(student, batch):
    images = batch.images.float() / 255
    with torch.no_grad():
        ours, theirs = run_layers(student, images), student(images)[1]
    torch.testing.assert_close(ours.boxes, theirs["boxes"])
    torch.testing.assert_close(ours.scores, theirs["scores"])


def test_a_network_has_nothing_to_learn_from_itself(student, batch):
    layers = stage_ends(student)
    with torch.no_grad():
        outputs = run_layers(student, batch.images.float() / 255)
        given = {i: outputs.layers[i] for i in layers}
        again = run_layers(student, batch.images.float() / 255, given=given)
    spreads = spread(outputs.layers, layers)
    loss = feature_loss(again.layers, outputs.layers, layers=layers, spreads=spreads)
    assert float(loss) == pytest.approx(0, abs=1e-6)
    torch.testing.assert_close(again.scores, outputs.scores)


def test_stages_end_with_blocks(student):
    assert stage_ends(student) == [2, 4, 6, 8, 9, 10, 13, 16, 19, 22]


def test_feature_loss_is_relative_to_the_spread():
    teacher = [torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1)]
    assert spread(teacher, [0]) == [1.0]
    student = [torch.zeros(2, 1, 1, 1)]
    assert float(feature_loss(student, teacher, layers=[0], spreads=[1.0])) == 1.0


def test_score_loss_by_hand():
    # Teacher 0.5, student sigmoid(0) = 0.5: agreement. Student sigmoid(ln 3) = 0.75: divergence
    # 0.5 ln(0.5 / 0.75) + 0.5 ln(0.5 / 0.25) = 0.1438, divided by max(1, 0.5).
    half = torch.full((1, 1, 1), 0.5)
    assert float(score_loss(torch.zeros(1, 1, 1), half)) == pytest.approx(0, abs=1e-6)
    assert float(score_loss(torch.full((1, 1, 1), np.log(3)), half)) == pytest.approx(
        0.1438, abs=1e-4
    )


def test_edge_loss_by_hand():
    # Two bins per edge; teacher (1/2, 1/2), student (3/4, 1/4): divergence 0.1438 at each edge.
    teacher = torch.zeros(1, 8, 3)
    student = torch.tensor([np.log(3), 0.0] * 4).view(1, 8, 1).expand(1, 8, 3)
    weight = torch.tensor([[1.0, 2.0, 0.0]])
    assert float(edge_loss(student, teacher, weight, bins=2)) == pytest.approx(0.1438, abs=1e-4)
    assert float(edge_loss(teacher, teacher, weight, bins=2)) == pytest.approx(0, abs=1e-6)


def regions(*rows: tuple[int, tuple[float, ...]], images: int = 2) -> Batch:
    return Batch(
        images=torch.zeros(images, 3, 32, 32, dtype=torch.uint8),
        rows=torch.zeros(0, dtype=torch.int64),
        xyxy=torch.zeros(0, 4),
        class_id=torch.zeros(0, dtype=torch.int64),
        ignore_rows=torch.tensor([row for row, _ in rows], dtype=torch.int64),
        ignore=torch.tensor([box for _, box in rows]).reshape(-1, 4),
        labelled=torch.ones(images, dtype=torch.bool),
        complete=torch.ones(images, dtype=torch.bool),
        taught=torch.zeros(images, dtype=torch.bool),
    )


def test_anchors_in_regions_to_ignore():
    features = [torch.zeros(2, 1, 2, 2)]  # centres at 8 and 24
    assert not anchors_in_regions(regions(), features).any()
    found = anchors_in_regions(regions((1, (0.0, 0.0, 16.0, 32.0))), features)
    assert found.tolist() == [[False] * 4, [True, False, True, False]]


def test_ignored_background_costs_nothing_but_vehicles_still_count(student, batch):
    loss = SupervisedLoss(student)
    with torch.no_grad():
        outputs = run_layers(student, batch.images.float() / 255)
    none = torch.zeros(6, outputs.scores.shape[2], dtype=torch.bool)
    plain, silent = (float(loss(outputs, batch, ignored=mask)) for mask in (none, ~none))
    assert 0 <= silent < plain


def test_unlabelled_images_cost_nothing(student):
    batch = regions()
    batch.labelled[:] = False
    with torch.no_grad():
        outputs = run_layers(student, batch.images.float())
    nothing = torch.zeros(2, outputs.scores.shape[2], dtype=torch.bool)
    assert float(SupervisedLoss(student)(outputs, batch, ignored=nothing)) == 0


def weights_of(module: nn.Module):
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def test_an_interrupted_run_ends_like_an_uninterrupted_one(streets, config, teacher, tmp_path):
    pools = train.load_pools(config, [streets])
    whole = Trainer(config, teacher=teacher, device="cpu", threads=1)
    for batch in train.batches(config, pools, 0):
        losses = whole.train_step(batch)
        if whole.step == 2:
            whole.save(tmp_path / "checkpoint.pt")
    resumed = Trainer(config, teacher=teacher, device="cpu", threads=1)
    resumed.resume(tmp_path / "checkpoint.pt")
    for batch in train.batches(config, pools, resumed.step):
        resumed.train_step(batch)
    assert resumed.step == 4
    assert all(torch.isfinite(value) for value in losses.values())
    torch.testing.assert_close(
        weights_of(resumed.averaged().module), weights_of(whole.averaged().module)
    )


def test_what_is_written_holds_a_share_of_what_was_begun_with(streets, config, tmp_path):
    begun = tmp_path / "begun.safetensors"
    network.save(network.build(config.architecture, CLASS_NAMES), begun)
    trainer = Trainer(
        replace(config, initial_weights=str(begun), initial_share=0.25),
        teacher=None,
        device="cpu",
        threads=1,
    )
    before = weights_of(trainer.averaged().module)
    for batch in train.batches(config, train.load_pools(config, [streets]), 2):
        trainer.train_step(batch)
    after = weights_of(trainer._average)
    assert not torch.equal(before, after)
    torch.testing.assert_close(weights_of(trainer.averaged().module), 0.75 * after + 0.25 * before)


def test_a_teacher_must_know_our_classes(config, tmp_path):
    path = tmp_path / "cars.safetensors"
    network.save(network.build("yolo11n.yaml", ["car"]), path)
    with pytest.raises(ValueError, match="has no class motorcycle, bus, truck"):
        Trainer(config, teacher=str(path), device="cpu", threads=1)


def test_a_full_disk_is_an_error_of_the_system(config, tmp_path):
    trainer = Trainer(config, teacher=None, device="cpu", threads=1)
    with little_room(), pytest.raises(OSError, match=r"checkpoint\.pt cannot be written"):
        trainer.save(tmp_path / "checkpoint.pt")
    assert not list(tmp_path.iterdir())


def test_a_foreign_checkpoint_is_refused(config, tmp_path):
    write_checkpoint(tmp_path / "checkpoint.pt", {"step": 1}, config)
    trainer = Trainer(config, teacher=None, device="cpu", threads=1)
    with pytest.raises(ValueError, match=r"checkpoint\.pt is not a checkpoint of yolo11n"):
        trainer.resume(tmp_path / "checkpoint.pt")


def test_images_without_any_labelled_vehicle_are_said(streets, caplog):
    source = Source(name="bare", paths=("plain/images",))
    assert train.load_pools(TrainingConfig(sources=(source,)), [streets])
    assert "bare: no image has a labelled vehicle; all are background" in caplog.messages


@pytest.fixture
def config_file(tmp_path):
    raw = {
        "steps": 2, "batch": 2, "view_size": 64, "image_size": 64,
        "sources": [
            {"name": "labelled", "paths": ["streets/images"], "held_out": 30},
            {"name": "plain", "paths": ["plain/images"], "labelled": False, "held_out": 30},
        ],
    }  # fmt: skip
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(raw))
    return path


def test_train_then_evaluate_by_command(config_file, streets, teacher, tmp_path):
    out, data = tmp_path / "out", ["--config", str(config_file), "--data", str(streets)]
    runner = CliRunner()
    trained = runner.invoke(_app(train.main), [*data, "--out", str(out), "--threads", "1"])
    assert trained.exit_code == 0, trained.output
    assert {"checkpoint.pt", "latest.safetensors", "log.csv"} <= {p.name for p in out.iterdir()}
    figures = tmp_path / "figures.json"
    measured = runner.invoke(
        _app(evaluate.main),
        [*data, "--weights", str(out / "latest.safetensors"), "--teacher", teacher,
         "--image-size", "64", "--json", str(figures)],
    )  # fmt: skip
    assert measured.exit_code == 0, measured.output
    assert '"labelled"' in figures.read_text()
    assert "recall_0-35" in measured.output
    assert "NaN" not in figures.read_text()


def test_errors_are_one_line(config_file, streets, tmp_path):
    runner = CliRunner()
    missing = ["--config", str(tmp_path / "no.yaml"), "--data", str(streets)]
    for command, extra in ((train.main, ["--out", str(tmp_path)]), (evaluate.main, [])):
        outcome = runner.invoke(_app(command), [*missing, *extra])
        assert outcome.exit_code == 2
        assert outcome.output.startswith("error: ")
        assert len(outcome.output.splitlines()) == 1


def test_a_stopped_run_goes_on_without_a_step_twice(config_file, streets, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "_LOG_EVERY_STEPS", 1)
    out = tmp_path / "out"
    command = ["--config", str(config_file), "--data", str(streets), "--out", str(out)]

    def stop_before_the_last(trainer, batch):
        if trainer.step == 1:
            raise KeyboardInterrupt
        return step(trainer, batch)

    step = Trainer.train_step
    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "train_step", stop_before_the_last)
        stopped = CliRunner().invoke(_app(train.main), command)
    assert stopped.exit_code == 130
    assert f"resumes from the last checkpoint in {out}" in stopped.output
    assert CliRunner().invoke(_app(train.main), command).exit_code == 0
    lines = (out / "log.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["step", "1", "2"]


@pytest.mark.parametrize(("steps", "code"), [(2, 0), (1, 2)], ids=["as many", "fewer"])
def test_a_training_that_has_all_steps_says_so(config_file, streets, tmp_path, caplog, steps, code):
    out = tmp_path / "out"
    command = ["--config", str(config_file), "--data", str(streets), "--out", str(out)]
    assert CliRunner().invoke(_app(train.main), command).exit_code == 0
    before = (out / "checkpoint.pt").read_bytes()
    config_file.write_text(config_file.read_text().replace("steps: 2", f"steps: {steps}"))
    # Before it loads anything, which may take minutes.
    command[command.index(str(streets))] = str(tmp_path / "no images")
    with caplog.at_level("INFO"):
        outcome = CliRunner().invoke(_app(train.main), command)
    assert outcome.exit_code == code, outcome.output
    assert "2 steps are trained already" in (outcome.output if code else caplog.text)
    assert (out / "checkpoint.pt").read_bytes() == before


def test_weights_that_a_complete_training_lacks_are_written(config_file, streets, tmp_path):
    out = tmp_path / "out"
    command = ["--config", str(config_file), "--data", str(streets), "--out", str(out)]
    assert CliRunner().invoke(_app(train.main), command).exit_code == 0
    written = load_file(out / train.WEIGHTS)
    (out / train.WEIGHTS).unlink()
    assert CliRunner().invoke(_app(train.main), command).exit_code == 0
    again = load_file(out / train.WEIGHTS)
    assert all(torch.equal(again[name], weight) for name, weight in written.items())


def test_a_loss_that_is_no_number_ends_the_run_before_anything_is_written(
    config_file, streets, tmp_path, monkeypatch
):
    monkeypatch.setattr(Trainer, "train_step", lambda *_: {"total": torch.tensor(torch.nan)})
    out = tmp_path / "out"
    command = ["--config", str(config_file), "--data", str(streets), "--out", str(out)]
    outcome = CliRunner().invoke(_app(train.main), command)
    assert outcome.exit_code == 2
    assert "error: the loss of step 0 is nan" in outcome.output
    assert not list(out.iterdir())


def _app(command):
    import typer

    app = typer.Typer()
    app.command()(command)
    return app


def test_a_training_goes_on_from_shipped_weights():
    config = TrainingConfig(sources=SOURCES, initial_weights=DEFAULT_WEIGHTS, layerwise_steps=0)
    trainer = Trainer(config, teacher=None, device="cpu", threads=1)
    shipped = network.load(DEFAULT_WEIGHTS).module.state_dict()
    mine = trainer.averaged().module.state_dict()
    assert all(torch.equal(mine[name], shipped[name]) for name in shipped)


def test_weights_of_another_architecture_are_refused():
    config = TrainingConfig(
        sources=SOURCES, initial_weights=DEFAULT_WEIGHTS, architecture="yolov8n.yaml"
    )
    with pytest.raises(ValueError, match=r"must be a yolov8n\.yaml for car, motorcycle"):
        Trainer(config, teacher=None, device="cpu", threads=1)
