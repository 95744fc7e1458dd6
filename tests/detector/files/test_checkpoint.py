"""What a training goes on from."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import pytest
import torch

from detector.files.checkpoint import (
    is_complete,
    log_progress,
    read_checkpoint,
    resume_optimiser,
    write_checkpoint,
)


@dataclass(frozen=True)
class Config:
    steps: int = 40
    sizes: tuple[int, ...] = (64, 64)
    rate: float = 0.1


def test_what_is_written_is_read_again_and_nothing_is_left_beside_it(tmp_path, caplog):
    path = tmp_path / "checkpoint.pt"
    with caplog.at_level(logging.WARNING):
        write_checkpoint(path, {"step": 7, "weight": torch.ones(2)}, Config())
        state = read_checkpoint(path, Config())
    assert state["step"] == 7
    assert torch.equal(state["weight"], torch.ones(2))
    assert caplog.messages == []
    assert list(tmp_path.iterdir()) == [path]


ADVICE = "raise steps to go on, or choose another --out"


def test_it_is_said_from_where_a_training_goes_on(tmp_path, caplog):
    path = tmp_path / "checkpoint.pt"
    with caplog.at_level(logging.INFO):
        log_progress(path, reached=7, steps=40)
        log_progress(path, reached=40, steps=40)
    assert caplog.messages == [
        "resumed after step 7 of 40",
        f"{path}: all 40 steps are trained already; {ADVICE}",
    ]


def test_one_with_more_steps_than_are_asked_for_is_refused_and_nothing_else_said(tmp_path, caplog):
    path = tmp_path / "checkpoint.pt"
    write_checkpoint(path, {"step": 40}, Config())
    assert read_checkpoint(path, Config())["step"] == 40
    message = f"40 steps are trained already, and the configuration asks for 39; {ADVICE}"
    with pytest.raises(ValueError, match=rf"checkpoint\.pt: {message}"):
        read_checkpoint(path, Config(steps=39))
    assert caplog.messages == []


def test_one_with_all_steps_and_the_same_settings_is_complete(tmp_path, caplog):
    path = tmp_path / "checkpoint.pt"
    assert not is_complete(path, Config())
    write_checkpoint(path, {"step": 40, "weight": torch.ones(2)}, Config())
    with caplog.at_level(logging.INFO):
        assert not is_complete(path, Config(steps=41))
        assert not is_complete(path, Config(rate=0.2))
        assert caplog.messages == []
        assert is_complete(path, Config())
    assert caplog.messages == [f"{path}: all 40 steps are trained already; {ADVICE}"]
    with pytest.raises(ValueError, match="40 steps are trained already"):
        is_complete(path, Config(steps=39))


def test_changed_settings_are_named(tmp_path, caplog):
    path = tmp_path / "checkpoint.pt"
    write_checkpoint(path, {}, Config())
    with caplog.at_level(logging.WARNING):
        read_checkpoint(path, replace(Config(), steps=80, rate=0.2))
    (message,) = caplog.messages
    assert "was written with other settings (steps, rate): " in message


# Each of them makes torch raise another kind of error.
@pytest.mark.parametrize(
    "content", [b"", b"hello\n", b"no checkpoint", b"(e.", b"\x8c\xff", b"PK\x03\x04" + bytes(60)]
)
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"checkpoint\.pt is no checkpoint of a training, or is"):
        read_checkpoint(path, Config())


@pytest.mark.parametrize("content", [[1, 2], {"step": 1}], ids=["a list", "no settings"])
def test_another_kind_of_file_of_torch_is_refused(tmp_path, content):
    path = tmp_path / "checkpoint.pt"
    torch.save(content, path)
    with pytest.raises(ValueError, match="is of another kind of training"):
        read_checkpoint(path, Config())


def optimiser(rate: float) -> torch.optim.Optimizer:
    weight = torch.ones(2, requires_grad=True)
    made = torch.optim.AdamW([{"params": [weight], "lr": rate, "base_lr": rate}])
    weight.grad = torch.ones(2)
    made.step()
    return made


def test_an_optimiser_that_goes_on_has_its_own_settings():
    before, after = optimiser(0.1), optimiser(0.001)
    before.step()
    resume_optimiser(after, before.state_dict())
    (group,), (state,) = after.param_groups, after.state.values()
    assert (group["lr"], group["base_lr"]) == (0.001, 0.001)
    assert state["step"] == 2
