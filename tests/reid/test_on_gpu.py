"""The appearance network on a GPU: the machine's own if it has one, otherwise a simulated one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer import Typer
from typer.testing import CliRunner

from reid import train, visualize
from reid.augmentation.augment import AugmentSettings
from reid.config import DomainConfig, OptimiserConfig, Source, TrainConfig
from reid.embedder import Embedder, EmbedderSettings
from reid.inference.decoded import embed_images
from reid.model import ModelSpec, ReIDModel, load, save
from reid.training.domains import Domain, load_domain, with_teacher
from reid.training.state import Training, seed_everything
from reid.training.teacher import load_teachers
from tests.gpu_tensor import waits
from tests.reid.pictures import paint, write_folder, write_khoa, write_rendered
from tests.simulated_gpu import simulated_gpu

SPEC = ModelSpec(input_hw=(32, 32))
CONFIG = TrainConfig(
    domains=(
        DomainConfig(
            name="rendered",
            sources=(Source(format="rendered", path="T1"),),
            identities=2,
            crops=2,
            attributes=("model", "colour"),
            cosine_scale=16.0,
            cosine_margin=0.1,
        ),
        DomainConfig(
            name="real",
            sources=(Source(format="folder", path="real"),),
            identities=2,
            crops=2,
            distillation=1.0,
        ),
    ),
    model=SPEC,
    steps=2,
    # The noise is drawn where it is added, so it differs between devices.
    augment=AugmentSettings(noise=0.0),
    # AdamW makes whole steps of gradients that are nothing but rounding.
    optimiser=OptimiserConfig(kind="sgd", learning_rate=0.01, warmup_steps=1, frozen_blocks=1),
)
COMMAND = """
model: {backbone: efficientnet_lite0, input_hw: [32, 32]}
steps: 1
evaluate_every: 1
half: true
teacher_weights: [WEIGHTS]
domains:
  - {name: real, sources: [{format: folder, path: real}], identities: 2, crops: 2, distillation: 1}
validation:
  - {name: khoa, sources: [{format: khoa_val, path: khoa}], protocols: [camera_to_camera]}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("crops")
    write_rendered(root / "T1", range(4))
    write_folder(root / "real", range(3))
    write_khoa(root / "khoa", {"val": [5, 6, 7]})
    return root


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    path: Path = tmp_path_factory.mktemp("weights") / "random.safetensors"
    save(ReIDModel(SPEC.build(), SPEC), path)
    return str(path)


@pytest.fixture(scope="module")
def domains(root: Path, weights: str) -> list[Domain]:
    rendered, real = (load_domain(domain, root, hw=(32, 32)) for domain in CONFIG.domains)
    teacher = load_teachers([weights], hw=(32, 32), device=torch.device("cpu"))
    return [rendered, with_teacher(real, teacher)]


def start(domains: list[Domain], device: torch.device | str, **changes: object) -> Training:
    seed_everything(0)
    config = replace(CONFIG, **changes)  # type: ignore[arg-type]
    return Training(config, config.model.build(), domains, device=device)


@pytest.mark.parametrize(("precision", "cosine"), [("float32", 0.999), ("auto", 0.99)])
def test_vectors_are_those_of_the_cpu(
    weights: str, gpu: torch.device, precision: str, cosine: float
):
    images = [paint(identity, 0, size=96) for identity in range(2)]
    boxes = [np.array([[-3, 0, 32, 32], [8, 4, 40, 90]], np.float32), np.zeros((0, 4), np.float32)]
    settings = EmbedderSettings(weights=weights, batch_size=1)
    expected = Embedder(replace(settings, device="cpu"))(images, boxes)
    embedder = Embedder(replace(settings, precision=precision))  # type: ignore[arg-type]
    found = embedder(images, boxes)
    assert embedder._network.device.type == "cuda"
    assert found.dtype == np.float32
    assert ((found * expected).sum(axis=1) > cosine).all()


def test_a_second_gpu_is_used_where_it_is_named(weights: str):
    with simulated_gpu():
        embedder = Embedder(EmbedderSettings(weights=weights, device="cuda:1"))
        box = np.array([[0, 0, 9, 9]], np.float32)
        assert embedder([paint(0, 0)], [box]).shape == (1, 512)
        assert str(embedder._network.device) == "cuda:1"  # type: ignore[union-attr]


@pytest.mark.parametrize("where", ["host", "device"])
def test_it_learns_as_on_the_cpu_and_goes_on_there(
    domains: list[Domain], gpu: torch.device, tmp_path: Path, where: str
):
    found = {}
    for name, device in (("cpu", "cpu"), ("gpu", gpu)):
        training = start(domains, device, batches=where)
        training.place_classifiers()
        found[name] = [training.step()]
        training.save(tmp_path / f"{name}.pt")
        found[name].append(training.step())
        assert {p.device.type for p in training.network.parameters()} == {training.device.type}
    for name, device in (("gpu", "cpu"), ("cpu", gpu)):
        training = start(domains, device, batches=where)
        training.load(tmp_path / f"{name}.pt")
        found[f"{name}, then {device}"] = [found["cpu"][0], training.step()]
    for steps in found.values():
        for values, wanted in zip(steps, found["cpu"], strict=True):
            assert values == pytest.approx(wanted, rel=0.05, abs=0.02)


def test_adamw_goes_on_on_the_other_device(
    domains: list[Domain], gpu: torch.device, tmp_path: Path
):
    adamw = OptimiserConfig(warmup_steps=1)
    first = start(domains, gpu, optimiser=adamw, half=True)
    first.step()
    first.save(tmp_path / "gpu.pt")
    wanted = first.step()
    again = start(domains, gpu, optimiser=adamw, half=True)
    again.load(tmp_path / "gpu.pt")
    # Of the step's number, AdamW would else wait for each parameter's.
    assert {state["step"].device.type for state in again.optimiser.state.values()} == {"cpu"}
    assert again.step() == pytest.approx(wanted, rel=0.05, abs=0.02)
    on_cpu = start(domains, "cpu", optimiser=adamw, half=True)
    on_cpu.load(tmp_path / "gpu.pt")
    assert np.isfinite(on_cpu.step()["loss"])


def test_old_gpus_learn_in_32_bits(domains: list[Domain]):
    seen: list[torch.dtype] = []
    with simulated_gpu(major=7) as gpu:
        training = start(domains, gpu, half=True)
        training.network.fc.register_forward_hook(lambda *call: seen.append(call[2].dtype))
        training.step()
    assert seen == [torch.float32]


def test_batches_are_made_there_and_never_read_back(domains: list[Domain]):
    with simulated_gpu() as gpu:
        training = start(domains, gpu, augment=AugmentSettings())  # batches: auto
        waits.clear()
        batch = training._next_batch(np.random.default_rng(0))
        assert batch.images.is_cuda
        assert set(waits) == {"upload"}


def test_a_batch_of_crops_waits_for_the_gpu_a_few_times_only(weights: str):
    boxes = [np.array([[0, 0, 9, 9], [3, 3, 40, 40]], np.float32)]
    with simulated_gpu():
        embedder = Embedder(EmbedderSettings(weights=weights))
        embedder([paint(0, 0)], boxes)
        waits.clear()
        embedder([paint(0, 0)], boxes)
        assert waits == {"upload": 2, "download": 1}  # the picture, and mean and deviation


def test_whole_galleries_are_embedded(weights: str, gpu: torch.device):
    images = np.stack([paint(identity, 0, size=32) for identity in range(40)])
    models = [load(weights, device=device) for device in ("cpu", gpu)]
    expected, found = (embed_images(model.network, images, SPEC) for model in models)
    assert ((found * expected).sum(axis=1) > 0.999).all()


def test_attention_is_shown_of_a_network_on_it(weights: str, gpu: torch.device):
    images = np.stack([paint(identity, 0, size=32) for identity in range(2)])
    expected, found = (
        visualize.attention(load(weights, device=device), images) for device in ("cpu", gpu)
    )
    np.testing.assert_allclose(found.spatial, expected.spatial, atol=0.01)
    np.testing.assert_allclose(found.channel, expected.channel, atol=0.01)


def test_the_command_runs_on_it(root: Path, weights: str, gpu: torch.device, tmp_path: Path):
    config = tmp_path / "train.yaml"
    config.write_text(COMMAND.replace("WEIGHTS", weights))
    app = Typer()
    app.command()(train.main)
    out = tmp_path / "out"
    options = ("--config", config, "--data", root, "--out", out, "--device", "cuda")
    result = CliRunner().invoke(app, [str(option) for option in options])
    assert result.exit_code == 0, result.output
    assert load(out / "model.safetensors").spec.input_hw == (32, 32)
    assert "khoa/camera_to_camera mAP" in (out / "log.csv").read_text()
