"""The detector on a GPU: its own where the machine has one, otherwise a simulated one."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
import yaml
from typer.testing import CliRunner

from detector import evaluate, network, train
from detector.data.dataset import Source
from detector.training.config import TrainingConfig
from detector.training.state import Trainer
from detector.types import CLASS_NAMES
from detector.yolo import DetectorSettings, YoloDetector
from tests.gpu_tensor import waits
from tests.simulated_gpu import simulated_gpu

CONFIG = TrainingConfig(
    sources=(
        Source(name="labelled", paths=("streets/images",), night=0.5, held_out=30),
        Source(name="plain", paths=("plain/images",), labelled=False, held_out=30),
    ),
    steps=2, batch=3, view_size=64, layerwise_steps=1, layerwise_batch=3, layerwise_view_size=64,
    warmup_steps=2, seed=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def streets(tmp_path_factory):
    """A few pictures of bright boxes, with labels and a region to ignore, and without."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for name in ("streets", "plain"):
        for part in ("images", "labels", "ignore"):
            (root / name / part).mkdir(parents=True)
        for i in range(6):
            image = rng.integers(0, 60, (64, 96, 3), np.uint8)
            image[20:44, 30:70] = 220
            cv2.imwrite(str(root / name / "images" / f"{i}.png"), image)
            if name == "streets":
                line = f"{i % 4} {50 / 96} 0.5 {40 / 96} {24 / 64}\n"
                (root / name / "labels" / f"{i}.txt").write_text(line)
                (root / name / "ignore" / f"{i}.txt").write_text("0 0.1 0.1 0.2 0.2\n")
    return root


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("teacher") / "teacher.safetensors"
    names = ["person", "truck", "bus", "motorbike", "car"]
    network.save(network.build("yolo11n.yaml", names), path)
    return str(path)


def pictures(*shapes):
    return [
        np.random.default_rng(i).integers(0, 255, (*s, 3), np.uint8) for i, s in enumerate(shapes)
    ]


def by_place(found):
    return found.xyxy[np.lexsort(found.xyxy.T)]


@pytest.mark.parametrize(("half", "tolerance"), [(False, 0.05), (True, 2.0)])
def test_it_finds_what_the_cpu_finds(eager_weights, gpu, half, tolerance):
    settings = DetectorSettings(weights=eager_weights, image_size=64, confidence=0.0, iou=1.0)
    images = pictures((48, 64), (64, 40))
    expected = YoloDetector(replace(settings, device="cpu", half=False))(images)
    detector = YoloDetector(replace(settings, half=half))  # its device is "auto"
    assert detector._device.type == "cuda"
    assert next(detector._network._module.parameters()).dtype == (
        torch.float16 if half else torch.float32
    )
    for ours, theirs in zip(detector(images), expected, strict=True):
        assert len(ours) == len(theirs) > 50
        nearest = np.abs(ours.xyxy[:, None] - theirs.xyxy).max(axis=2).min(axis=1)
        assert np.median(nearest) < tolerance


def test_a_second_gpu_is_used_where_it_is_named(eager_weights):
    with simulated_gpu():
        detector = YoloDetector(
            DetectorSettings(weights=eager_weights, image_size=64, device="cuda:1")
        )
        assert len(detector(pictures((64, 64)))[0])
        assert str(next(detector._network._module.parameters()).device) == "cuda:1"


def test_a_frame_waits_for_the_gpu_a_few_times_only(random_weights):
    with simulated_gpu():
        detector = YoloDetector(DetectorSettings(weights=str(random_weights), image_size=64))
        detector(pictures((64, 64)))
        waits.clear()
        detector(pictures((64, 64)))
        assert waits == {"upload": 1, "aten.nonzero": 1, "download": 1}


def learner(config, teacher, device, resume=None):
    trainer = Trainer(config, teacher=teacher, device=device, threads=torch.get_num_threads())
    if resume is not None:
        trainer.resume(resume)
    return trainer


def numbers(losses):
    return {name: float(value) for name, value in losses.items()}


def test_it_learns_as_on_the_cpu_and_goes_on_there(streets, teacher, gpu, tmp_path):
    pools = train.load_pools(CONFIG, [streets])
    first, second = train.batches(CONFIG, pools, 0)
    assert first.labelled.any()
    assert not first.labelled.all()
    found = {}
    for name, device in (("cpu", "cpu"), ("gpu", gpu)):
        trainer = learner(CONFIG, teacher, device)
        found[name] = [numbers(trainer.train_step(first))]
        trainer.save(tmp_path / f"{name}.pt")
        found[name].append(numbers(trainer.train_step(second)))
        assert {p.device.type for p in trainer._student.parameters()} == {torch.device(device).type}
        network.save(trainer.averaged(), tmp_path / f"{name}.safetensors")
        assert network.load(tmp_path / f"{name}.safetensors").names == CLASS_NAMES
    for name, device in (("gpu", "cpu"), ("cpu", gpu)):
        trainer = learner(CONFIG, teacher, device, resume=tmp_path / f"{name}.pt")
        found[f"{name}, then {device}"] = [found["cpu"][0], numbers(trainer.train_step(second))]
    for steps in found.values():
        for losses, wanted in zip(steps, found["cpu"], strict=True):
            assert losses == pytest.approx(wanted, rel=0.05, abs=0.02)


def test_old_gpus_learn_in_32_bits(streets):
    """They emulate bfloat16, which is slower than not to use it."""
    config = replace(CONFIG, layerwise_steps=0)
    batch = next(train.batches(config, train.load_pools(config, [streets]), 0))
    seen = []
    with simulated_gpu(major=7) as gpu:
        trainer = learner(config, None, gpu)
        first = trainer._student.model[0].conv
        first.register_forward_hook(lambda _layer, _given, made: seen.append(made.dtype))
        trainer.train_step(batch)
    assert seen == [torch.float32]


def test_the_commands_run_on_it(streets, teacher, gpu, tmp_path):
    config = tmp_path / "config.yaml"
    values = {
        "sources": [
            {"name": "labelled", "paths": ["streets/images"], "held_out": 30},
        ],
        "steps": 1, "batch": 2, "view_size": 64,
    }  # fmt: skip
    config.write_text(yaml.safe_dump(values))
    common = ["--config", str(config), "--data", str(streets)]
    app, measure = train.typer.Typer(), evaluate.typer.Typer()
    app.command()(train.main)
    measure.command()(evaluate.main)
    out = tmp_path / "out"
    threads = str(torch.get_num_threads())
    result = CliRunner().invoke(
        app, [*common, "--out", str(out), "--device", "cuda", "--threads", threads]
    )
    assert result.exit_code == 0, result.output
    weights = str(out / "latest.safetensors")
    judged = [*common, "--weights", weights, "--teacher", teacher, "--device", "cuda"]
    result = CliRunner().invoke(measure, judged)
    assert result.exit_code == 0, result.output
