from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from app.errors import ConfigError, StoreError
from app.running.models import fingerprint, load_detector, load_embedder, record_models
from app.storage.store import Store
from detector.yolo import DetectorSettings
from reid.embedder import EmbedderSettings
from reid.model import ModelSpec, ReIDModel, save


@pytest.fixture
def store(tmp_path: Path):
    with Store.create(tmp_path / "run") as created:
        yield created


def write_weights(path: Path, *, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    spec = ModelSpec(backbone="light_vgg_m", input_hw=(64, 64))
    save(ReIDModel(spec.build(), spec), path, half=True)
    return path


def test_a_fingerprint_is_the_sha_256(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert fingerprint(tmp_path / "abc").startswith("ba7816bf8f01cfea")


def test_the_same_embedder_is_loaded_from_anywhere(
    store: Store, tmp_path: Path, monkeypatch
) -> None:
    weights = write_weights(tmp_path / "weights.safetensors")
    monkeypatch.chdir(tmp_path)
    record_models(store, DetectorSettings(), EmbedderSettings(weights=weights.name, device="cpu"))
    monkeypatch.chdir("/")
    embedder = load_embedder(store)
    vectors = embedder([np.zeros((20, 30, 3), np.uint8)], [np.array([[0, 0, 30, 20]], np.float32)])
    assert vectors.shape == (1, 512)


def test_other_weights_are_refused(store: Store, tmp_path: Path) -> None:
    weights = write_weights(tmp_path / "weights.safetensors")
    record_models(store, DetectorSettings(), EmbedderSettings(weights=str(weights)))
    write_weights(weights, seed=1)
    with pytest.raises(StoreError, match=r"other ReID weights .* expected, .* found"):
        load_embedder(store)


def test_weights_that_have_gone_are_named(store: Store, tmp_path: Path) -> None:
    weights = write_weights(tmp_path / "weights.safetensors")
    record_models(
        store, DetectorSettings(weights="/gone.safetensors"), EmbedderSettings(weights=str(weights))
    )
    weights.unlink()
    there = f"put the file back, or into {tmp_path / 'run'}, or"
    with pytest.raises(ConfigError, match=rf"ReID network .*weights\.safetensors.*{there} search"):
        load_embedder(store)
    with pytest.raises(ConfigError, match=rf"detector .*gone\.safetensors.*{there} give its box"):
        load_detector(store)


def test_weights_that_moved_along_with_the_run_are_found(store: Store, tmp_path: Path) -> None:
    weights = write_weights(tmp_path / "weights.safetensors")
    record_models(store, DetectorSettings(), EmbedderSettings(weights=str(weights)))
    weights.rename(tmp_path / "run" / weights.name)
    assert load_embedder(store)
    write_weights(tmp_path / "run" / weights.name, seed=1)
    with pytest.raises(StoreError, match=r"other ReID weights .* expected, .* found"):
        load_embedder(store)


def test_settings_of_another_version_are_refused(store: Store) -> None:
    store.set_meta("detector", {"weights": "a.pt", "unheard_of": 1})
    with pytest.raises(ConfigError, match="unheard_of"):
        load_detector(store)


def test_a_run_that_does_not_say_its_networks_is_refused(store: Store) -> None:
    for load, name in ((load_detector, "detector"), (load_embedder, "reid")):
        with pytest.raises(StoreError, match=f"does not record which {name} weights"):
            load(store)
