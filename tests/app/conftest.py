from __future__ import annotations

from pathlib import Path

import pytest

from app import assembly
from tests.app.fakes import (
    BLUE,
    RED,
    Car,
    ColourDetector,
    ColourEmbedder,
    passing,
    write_recording,
)
from tests.app.workplace import FRAMES, Workplace


@pytest.fixture(scope="session")
def footage(tmp_path_factory) -> Path:
    """A red car passes camera a, then b; a blue one passes b. The latter is larger and slower."""
    folder = tmp_path_factory.mktemp("footage")
    write_recording(folder / "a.mp4", [Car(RED, passing(0))], frames=FRAMES)
    cars = [Car(RED, passing(4)), Car(BLUE, passing(0), top=4)]
    write_recording(folder / "b.mp4", cars, frames=48, fps=6, scale=2)
    (folder / "empty.mp4").touch()
    (folder / "torn.mp4").write_bytes((folder / "a.mp4").read_bytes()[:700])
    (folder / "weights.safetensors").write_bytes(b"stands for the weights of the embedder")
    return folder


@pytest.fixture
def place(tmp_path: Path, footage: Path, monkeypatch) -> Workplace:
    monkeypatch.setattr(assembly, "load_detector", lambda config: ColourDetector())
    monkeypatch.setattr(assembly, "load_embedder", lambda config: ColourEmbedder())
    return Workplace(tmp_path, footage)
