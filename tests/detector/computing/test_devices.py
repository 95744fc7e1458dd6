"""Where networks run: what a setting stands for, and GPUs that are seen but do not compute."""

from __future__ import annotations

import logging

import pytest
import torch
import typer

from app import terminal
from detector.computing.devices import choose_device, emulates_bfloat16
from detector.console.terminal import command_frame
from tests.simulated_gpu import simulated_gpu

TOO_OLD = "CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors"


def test_a_gpu_is_taken_where_there_is_one(gpu, caplog):
    assert choose_device("auto") == choose_device("cuda") == gpu
    assert choose_device("cuda:0") == torch.device("cuda:0")
    assert choose_device("cpu").type == "cpu"
    assert not caplog.records


def test_a_gpu_that_does_not_compute_is_left_alone(caplog):
    with simulated_gpu(answer=TOO_OLD), caplog.at_level(logging.WARNING):
        assert choose_device("auto").type == "cpu"
    assert caplog.messages == [
        "the GPU does not compute, so the CPU does (CUDA error: no kernel image is available for "
        "execution on the device)"
    ]
    with simulated_gpu(answer=TOO_OLD), pytest.raises(ValueError, match="cuda:1") as raised:
        choose_device("cuda:1")
    assert str(raised.value) == (
        "device 'cuda:1' does not compute (CUDA error: no kernel image is available for execution "
        "on the device); choose cpu"
    )


@pytest.mark.parametrize("name", ["gpu", "", "mps", "xpu:0", "meta", "cuda:x", "cuda:-1", "ipu"])
def test_other_devices_are_refused(name):
    with pytest.raises(ValueError, match=f"must be auto, cpu, cuda or cuda:N, is '{name}'"):
        choose_device(name)


def test_missing_gpus_are_counted():
    with simulated_gpu(), pytest.raises(ValueError, match="'cuda:2' is not there: 2 GPUs found"):
        choose_device("cuda:2")


def test_old_gpus_only_emulate_bfloat16():
    with simulated_gpu(major=7) as gpu:
        assert emulates_bfloat16(gpu)
    with simulated_gpu(major=8) as gpu:
        assert not emulates_bfloat16(gpu)
    assert not emulates_bfloat16(torch.device("cpu"))


@pytest.mark.parametrize(
    ("error", "line"),
    [
        pytest.param(
            torch.OutOfMemoryError(
                "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 8 GB"
            ),
            "the GPU has too little memory left (CUDA out of memory. Tried to allocate 2.00 GiB): "
            "use smaller batches or images, end what else uses it, or choose cpu as the device",
            id="memory",
        ),
        pytest.param(
            torch.AcceleratorError("CUDA error: unspecified launch failure\nCUDA kernel errors"),
            "the GPU failed (CUDA error: unspecified launch failure): start again, or choose cpu "
            "as the device",
            id="launch",
        ),
        pytest.param(
            RuntimeError("cuDNN error: CUDNN_STATUS_NOT_INITIALIZED"),
            "the GPU failed (cuDNN error: CUDNN_STATUS_NOT_INITIALIZED): start again, or choose "
            "cpu as the device",
            id="library",
        ),
    ],
)
@pytest.mark.parametrize("frame", [command_frame, terminal.command_frame])
def test_a_gpu_that_fails_is_one_line(error, line, frame, capsys):
    with pytest.raises(typer.Exit) as raised, frame():
        raise error
    assert raised.value.exit_code == 1
    assert capsys.readouterr().err == f"error: {line}\n"


def test_other_failures_stay_what_they_are():
    for error in (RuntimeError("of ours"), torch.AcceleratorError("device-side assert, of ours")):
        with pytest.raises(RuntimeError, match="of ours"), command_frame():
            raise error
