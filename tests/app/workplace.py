"""A folder in which the main command is run, and what is looked at afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import av
import yaml
from typer.testing import CliRunner

from app.run import app

FRAMES = 50
OUTPUTS = {
    "mosaic.mp4",
    "report.html",
    "sightings.db",
    "summary.json",
    "thumbnails",
    "tracks",
    "tracks_online",
    "videos",
}


@dataclass
class Workplace:
    """Where a configuration lies and where a run goes."""

    folder: Path
    footage: Path

    @property
    def out(self) -> Path:
        return self.folder / "run"

    def cams(self, *names: str, **settings: object) -> Path:
        cameras = [{"id": name, "source": str(self.footage / f"{name}.mp4")} for name in names]
        path = self.folder / "cams.yaml"
        known = {
            "reid": {"weights": str(self.footage / "weights.safetensors")},
            "output": {"preset": "ultrafast"},
        }
        path.write_text(yaml.safe_dump({"cameras": cameras} | known | settings))
        return path

    def run(self, *options: object, cams: Path | None = None):
        chosen = cams or self.cams("a", "b")
        arguments = ["--cams", chosen, "--out", self.out, *options]
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        assert "Traceback" not in result.output
        return result

    def summary(self) -> dict:
        return json.loads((self.out / "summary.json").read_text())

    def outputs(self) -> set[str]:
        return {path.name for path in self.out.iterdir()} if self.out.exists() else set()


def frame_count(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def read_lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def errors(result) -> list[str]:
    return [line for line in result.stderr.splitlines() if line.startswith("error:")]
