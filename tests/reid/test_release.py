from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer import Typer
from typer.testing import CliRunner

from reid import release
from reid.model import ModelSpec, ReIDModel, load, save


def test_release(tmp_path: Path):
    spec = ModelSpec(input_hw=(32, 32))
    network = spec.build()
    weights, out = tmp_path / "model.safetensors", tmp_path / "shipped.safetensors"
    save(ReIDModel(network, spec), weights)
    app = Typer()
    app.command()(release.main)
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


def test_what_is_read_is_not_written_over(tmp_path: Path):
    weights = tmp_path / "model.safetensors"
    spec = ModelSpec(input_hw=(32, 32))
    save(ReIDModel(spec.build(), spec), weights)
    before = weights.read_bytes()
    (tmp_path / "folder.safetensors").mkdir()
    app = Typer()
    app.command()(release.main)
    for out, message in (
        (weights, "is read by this command"),
        (tmp_path / "folder.safetensors", "is a folder"),
        (tmp_path / "model.txt", "must end in .safetensors"),
    ):
        options = [str(weights), str(out), "--licence", "MIT", "--description", "made up"]
        result = CliRunner().invoke(app, options)
        assert result.exit_code == 2
        assert message in result.output.replace("\n", "")
    assert weights.read_bytes() == before


def test_blend_is_the_weighted_mean():
    spec = ModelSpec(input_hw=(32, 32))
    late, early = ReIDModel(spec.build(), spec), ReIDModel(spec.build(), spec)
    blended = release.blend(late, early, share=0.25).network
    expected = 0.75 * late.network.fc.weight + 0.25 * early.network.fc.weight
    torch.testing.assert_close(blended.fc.weight, expected)


def test_what_cannot_be_blended_is_refused():
    spec = ModelSpec(input_hw=(32, 32))
    model = ReIDModel(spec.build(), spec)
    with pytest.raises(ValueError, match=r"share must be in \[0, 1\], is 2"):
        release.blend(model, model, share=2)
    for change in ({"scan": False}, {"last_stride": 1}, {"mean": (0.0, 0.0, 0.0)}):
        other = replace(spec, **change)
        for late, early in ((spec, other), (other, spec)):
            models = (ReIDModel(late.build(), late), ReIDModel(early.build(), early))
            with pytest.raises(ValueError, match=f"the two networks differ: {next(iter(change))}"):
                release.blend(*models, share=0.5)
