from __future__ import annotations

from pathlib import Path

import pytest
import torch

from detector.computing.interchange import write

pytest.importorskip("onnxscript", reason="the extra [export] is not installed")
openvino = pytest.importorskip("openvino", reason="the extra [export] is not installed")


def test_an_openvino_file_that_cannot_be_written_whole_is_not_there(tmp_path, monkeypatch):
    def fill_up(_model: object, path: str, **_: object) -> None:
        Path(path).write_text("half of it")
        raise RuntimeError("no space left")

    monkeypatch.setattr(openvino, "save_model", fill_up)
    with pytest.raises(RuntimeError, match="no space left"):
        write(
            torch.nn.Conv2d(3, 1, 1).eval(),
            tmp_path / "a.xml",
            example=torch.zeros(2, 3, 8, 8),
            outputs=("grey",),
            metadata={},
            free_size=False,
        )
    assert not list(tmp_path.iterdir())
