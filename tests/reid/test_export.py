from pathlib import Path

import torch
from typer import Typer
from typer.testing import CliRunner

from reid import export
from reid.model import ModelSpec, ReIDModel, load, save


def test_export(tmp_path: Path):
    spec = ModelSpec(input_hw=(32, 32))
    network = spec.build()
    weights, out = tmp_path / "model.safetensors", tmp_path / "shipped.safetensors"
    save(ReIDModel(network, spec), weights)
    app = Typer()
    app.command()(export.main)
    options = ["--licence", "AGPL-3.0-or-later", "--description", "made up"]
    result = CliRunner().invoke(app, [str(weights), str(out), *options])
    assert result.exit_code == 0, result.output
    assert out.stat().st_size < 0.6 * weights.stat().st_size
    shipped = load(out)
    assert (shipped.spec.licence, shipped.spec.description) == ("AGPL-3.0-or-later", "made up")
    torch.testing.assert_close(shipped.network.fc.weight, network.fc.weight, atol=1e-3, rtol=1e-3)

    for missing in ([str(tmp_path / "none"), str(out)], [str(weights), str(tmp_path / "no" / "x")]):
        result = CliRunner().invoke(app, [*missing, *options])
        assert result.exit_code == 2
        assert "error:" in result.output
