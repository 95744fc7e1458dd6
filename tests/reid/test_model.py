import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from reid.model import (
    ModelSpec,
    ReIDModel,
    find_weights,
    fold_batch_norm,
    load,
    save,
    to_input,
    with_calibration,
)

SPEC = ModelSpec(input_hw=(32, 48), licence="CC0-1.0", description="made up")


@pytest.fixture(scope="module")
def model() -> ReIDModel:
    torch.manual_seed(0)
    return ReIDModel(SPEC.build().eval(), SPEC)


@pytest.mark.parametrize(("half", "tolerance"), [(False, 0.0), (True, 1e-3)])
def test_round_trip(model: ReIDModel, tmp_path: Path, half: bool, tolerance: float):
    path = tmp_path / "model.safetensors"
    save(model, path, half=half)
    loaded = load(path)
    assert loaded.spec == SPEC
    assert not loaded.network.training
    assert {p.dtype for p in loaded.network.parameters()} == {torch.float32}
    for before, after in zip(model.network.parameters(), loaded.network.parameters(), strict=True):
        torch.testing.assert_close(after, before, rtol=tolerance, atol=tolerance)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("backbone", ["efficientnet_lite0", "light_vgg_m"])
def test_weights_carry_the_last_stride(tmp_path: Path, backbone: str):
    spec = ModelSpec(backbone=backbone, last_stride=1, input_hw=(64, 96))
    network = spec.build().eval()
    save(ReIDModel(network, spec), tmp_path / "finer.safetensors")
    loaded = load(tmp_path / "finer.safetensors")
    assert loaded.spec == spec
    image = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        torch.testing.assert_close(loaded.network(image), network(image))


def test_weights_that_do_not_name_the_last_stride_have_two(model: ReIDModel, tmp_path: Path):
    described = asdict(SPEC)
    del described["last_stride"]
    path = tmp_path / "old.safetensors"
    metadata = {"scantrack.reid": json.dumps(described)}
    save_file(model.network.state_dict(), path, metadata=metadata)
    assert load(path).spec == SPEC
    assert SPEC.last_stride == 2


def test_a_calibration_is_added_to_a_file_and_kept(model: ReIDModel, tmp_path: Path):
    plain, path = tmp_path / "plain.safetensors", tmp_path / "model.safetensors"
    save(model, plain, half=True)
    assert load(plain).calibration is None
    with_calibration(plain, path, {"curves": [1, 2.5]})
    loaded = load(path)
    assert loaded.calibration == {"curves": [1, 2.5]}
    for before, after in zip(
        load(plain).network.parameters(), loaded.network.parameters(), strict=True
    ):
        assert torch.equal(before, after)
    with_calibration(path, path, {"curves": []})
    assert load(path).calibration == {"curves": []}
    assert path.stat().st_size == pytest.approx(plain.stat().st_size, abs=200)


def test_missing_weights_are_named():
    with pytest.raises(FileNotFoundError, match=r"'nowhere\.safetensors' not found"):
        find_weights("nowhere.safetensors")


def test_other_files_are_refused(tmp_path: Path):
    text = tmp_path / "text.safetensors"
    text.write_text("hello")
    with pytest.raises(ValueError, match="is not a readable safetensors file"):
        load(text)
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(1)}, foreign)
    with pytest.raises(ValueError, match=r"not weights of reid\.model"):
        load(foreign)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("{", "unusable metadata"),
        ('{"size": 3}', "has unusable metadata: unknown key size; known are backbone, "),
        ('{"backbone": "resnet"}', "backbone must be one of"),
        ('{"input_hw": 3}', "unusable metadata"),
        ("{}", "does not hold a efficientnet_lite0"),
    ],
)
def test_broken_descriptions_are_refused(tmp_path: Path, metadata: str, message: str):
    path = tmp_path / "broken.safetensors"
    save_file({"a": torch.zeros(1)}, path, metadata={"scantrack.reid": metadata})
    with pytest.raises(ValueError, match=message):
        load(path)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_broken_calibration_is_refused(model: ReIDModel, tmp_path: Path, text: str):
    path = tmp_path / "broken.safetensors"
    metadata = {"scantrack.reid": json.dumps(asdict(SPEC)), "scantrack.calibration": text}
    save_file(model.network.state_dict(), path, metadata=metadata)
    with pytest.raises(ValueError, match="unusable calibration"):
        load(path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"backbone": "vgg"}, "backbone must be one of"),
        ({"last_stride": 4}, "last_stride must be 1 or 2, is 4"),
        ({"input_hw": (16, 160)}, "input_hw must be two sizes of 32 or more"),
        ({"std": (1.0, 0.0, 1.0)}, "mean and std must be three values each"),
    ],
)
def test_specification_is_checked(values: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        ModelSpec(**values)  # type: ignore[arg-type]


def test_input_is_normalised_rgb():
    crops = torch.zeros(1, 2, 2, 3, dtype=torch.uint8)
    crops[..., 0] = 255  # blue
    images = to_input(crops, SPEC)
    assert images.shape == (1, 3, 2, 2)
    assert images[0, :, 0, 0].tolist() == [-127 / 128, -127 / 128, 1.0]
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_folding_batch_norm_changes_nothing():
    torch.manual_seed(0)
    network = SPEC.build()
    with torch.no_grad():  # statistics and scales that are not the trivial ones
        for _ in range(2):
            network(torch.randn(4, 3, 32, 32))
    network.eval()
    images = torch.randn(2, 3, 32, 48)
    with torch.inference_mode():
        before = network(images)
        after = fold_batch_norm(network)(images)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in network.modules())
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)
