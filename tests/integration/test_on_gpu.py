"""A run and a search on a GPU: the machine's own if it has one, otherwise a simulated one."""

from __future__ import annotations

import json
import logging

import pytest
import torch
import yaml
from typer.testing import CliRunner

from app import query, run
from tests.integration.test_run import SAMPLES, START
from tests.simulated_gpu import simulated_gpu

CAMERAS = ("camA1", "camA2")
FRAMES = 4
NO_KERNEL = "CUDA error: no kernel image is available for execution on the device"


@pytest.fixture
def cams(tmp_path):
    path = tmp_path / "cams.yaml"
    cameras = [
        {"id": name, "source": str(SAMPLES / f"{name}.mp4"), "start_time": START}
        for name in CAMERAS
    ]
    path.write_text(yaml.safe_dump({"cameras": cameras, "detector": {"image_size": 320}}))
    return path


def succeed(app, *options):
    result = CliRunner().invoke(app, [str(option) for option in options])
    assert result.exit_code == 0, result.output
    return result.output


def found(folder, answer):
    picture = SAMPLES / "queries" / "q06.jpg"
    succeed(query.app, "--run", folder, "--image", picture, "--json", answer)
    return {
        hit["identity_id"]: hit["distance"] for hit in json.loads(answer.read_text())["matches"]
    }


def test_a_run_and_a_search(cams, gpu, tmp_path):
    folder = tmp_path / "run"
    succeed(run.app, "--cams", cams, "--out", folder, "--max-frames", FRAMES, "--no-video")
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["frames"], summary["warnings"]) == (2 * FRAMES, [])
    assert summary["vehicles"] >= 3
    assert summary["crops_embedded"] >= 3
    there = found(folder, tmp_path / "answer.json")
    assert there
    # What was stored there is searched on a machine without a GPU, too.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        here = found(folder, tmp_path / "answer.json")
    assert here == pytest.approx(there, abs=0.02)


def test_memory_that_does_not_suffice_is_one_line(cams, gpu, tmp_path, monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has")

    monkeypatch.setattr("detector.inference.heads.RawInference.run", full)
    options = ("--cams", cams, "--out", tmp_path / "run", "--max-frames", FRAMES, "--no-video")
    result = CliRunner().invoke(run.app, [str(option) for option in options])
    assert result.exit_code == 1
    assert "error: the GPU has too little memory left (CUDA out of memory." in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_run_goes_on_on_the_cpu_where_the_gpu_does_not_compute(cams, tmp_path, caplog):
    options = ("--cams", cams, "--out", tmp_path / "run", "--max-frames", 1, "--no-video")
    with simulated_gpu(answer=NO_KERNEL), caplog.at_level(logging.WARNING):
        succeed(run.app, *options)
    assert "the GPU does not compute, so the CPU does" in caplog.text
