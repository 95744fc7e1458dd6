from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save_file

from detector import network
from detector.types import CLASS_NAMES


def test_saved_network_is_loaded_as_it_was(random_weights):
    loaded = network.load(random_weights)
    assert loaded.names == CLASS_NAMES
    assert (loaded.architecture, loaded.image_size) == ("yolo11n.yaml", 64)
    again = network.load(random_weights)
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(loaded.module(images)[0], again.module(images)[0])


def test_others_may_read_what_was_saved(tmp_path):
    network.save(network.build("yolo11n.yaml", CLASS_NAMES), tmp_path / "a.safetensors")
    assert (tmp_path / "a.safetensors").stat().st_mode & 0o777 == 0o644


def test_unknown_architecture():
    with pytest.raises(ValueError, match=r"nothing\.yaml"):
        network.build("nothing.yaml", CLASS_NAMES)


def test_missing_file_names_what_is_shipped():
    with pytest.raises(FileNotFoundError, match=r"'no/such.pt' not found \(shipped: "):
        network.load("no/such.pt")


@pytest.mark.parametrize("name", ["broken.safetensors", "broken.pt"])
def test_unreadable_file(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"this is no network")
    with pytest.raises(ValueError, match=f"{name} is not a readable"):
        network.load(path)


def test_foreign_safetensors_file(tmp_path):
    path = tmp_path / "foreign.safetensors"
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match="lacks architecture, image_size, names"):
        network.load(path)


def test_weights_that_do_not_fit_their_header(tmp_path):
    path = tmp_path / "other.safetensors"
    header = {"architecture": "yolo11n.yaml", "names": '["car"]', "image_size": "64"}
    save_file({"weight": torch.zeros(2)}, path, metadata=header)
    with pytest.raises(ValueError, match=r"does not fit yolo11n\.yaml"):
        network.load(path)


@pytest.mark.parametrize(
    ("model", "architecture", "head"),
    [
        ("SegmentationModel", "yolo11n-seg.yaml", "a Segment"),
        ("ClassificationModel", "yolo11n-cls.yaml", "a Classify"),
        ("PoseModel", "yolo11n-pose.yaml", "a Pose"),
    ],
)
def test_another_task_is_refused(tmp_path, model, architecture, head):
    tasks = pytest.importorskip("ultralytics.nn.tasks")
    path = tmp_path / "other.pt"
    torch.save({"model": getattr(tasks, model)(architecture, nc=2, verbose=False)}, path)
    with pytest.raises(ValueError, match=f"has {head} head, expected a YOLO detection network"):
        network.load(path)


def test_a_module_of_another_library_is_refused(tmp_path):
    path = tmp_path / "plain.pt"
    torch.save({"model": torch.nn.Sequential(torch.nn.Conv2d(3, 3, 1))}, path)
    with pytest.raises(ValueError, match="has no head, expected a YOLO detection network"):
        network.load(path)


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("nothing")
    with pytest.raises(ValueError, match=r"notes\.txt: expected weights ending in \.safetensors, "):
        network.load(path)


def test_an_exported_network_is_refused_where_its_layers_are_wanted():
    with pytest.raises(ValueError, match=r"int8\.xml is an exported network, which "):
        network.load("scantrack-yolo11n-int8.xml")


def test_an_ultralytics_checkpoint_is_loaded(tmp_path):
    path = tmp_path / "own.pt"
    module = network.build("yolo11n.yaml", ["person", "car"]).module
    torch.save({"model": module, "train_args": {"imgsz": 320}}, path)
    loaded = network.load(path)
    assert (loaded.names, loaded.image_size, loaded.end_to_end) == (("person", "car"), 320, False)


def test_importing_ultralytics_leaves_home_and_threads_alone(tmp_path):
    code = (
        "import os, torch; from detector import network;"
        "network.build('yolo11n.yaml', ['car']); print(os.environ.get('OMP_NUM_THREADS'))"
    )
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "YOLO_", "XDG_"))
    }
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.splitlines()[-1] == "None"
    assert [p.name for p in tmp_path.rglob("*ltralytics*")] == []


def test_an_official_checkpoint_without_a_network(tmp_path, monkeypatch):
    downloads = pytest.importorskip("ultralytics.utils.downloads")

    def offline(_name):
        raise ConnectionError("Download failure")

    monkeypatch.setattr(downloads, "attempt_download_asset", offline)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"yolo11m\.pt is no file here and could not be"):
        network.load("yolo11m.pt")
    monkeypatch.setattr(downloads, "attempt_download_asset", lambda name: name)
    with pytest.raises(FileNotFoundError, match=r"own\.pt is no file here and no official"):
        network.load("own.pt")
