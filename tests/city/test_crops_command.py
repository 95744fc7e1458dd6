"""Rendered crops, from the drawing of cameras to the lists."""

from __future__ import annotations

import csv
import subprocess
import sys

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from city.arrangement import arrange, find_slots
from city.crops import FIRST_ID, main
from city.episode import ground_boxes
from city.lineup import draw_lineup
from city.overlap import overlapping_pairs
from city.veri import parse_name
from city.viewpoints import LEAST_SLOTS, build_places, draw_viewpoints
from reid.data.layouts import read_veri
from tests.city.needs import require_city

app = typer.Typer()
app.command()(main)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--identities 1 --crops 10", "identities must be at least 2, is 1"),
        ("--identities 6 --crops 11", "crops must be at least twice the identities, is 11"),
        (
            "--identities 6 --crops 12 --cameras 3 --street-cameras 4",
            "street-cameras are some of the 3 cameras, and cannot be 4",
        ),
        (
            "--identities 6 --crops 12 --cameras 3 --street-cameras 1 --night-cameras 3",
            "night-cameras are some of the 2 cameras on poles, and cannot be 3",
        ),
    ],
)
def test_impossible_numbers(tmp_path, options, message):
    result = CliRunner().invoke(app, [*options.split(), "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert result.stderr == f"error: {message}\n"
    assert not (tmp_path / "out").exists()


def test_cameras_see_streets_and_vehicles_stand_apart():
    require_city()
    places = build_places(2, seed=5)
    viewpoints = draw_viewpoints(6, places, seed=5, street=2)
    assert draw_viewpoints(6, places, seed=5, street=2) == viewpoints
    assert draw_viewpoints(6, places, seed=5)[:4] == viewpoints[:4]
    heights = [v.geometry.eye[2] for v in viewpoints]
    assert min(heights[:4]) > 3.0
    assert max(heights[4:]) < 2.2
    assert len({v.lighting.environment for v in viewpoints}) > 2
    lineup = draw_lineup(40, seed=1, split="training")
    rng = np.random.default_rng(1)
    for viewpoint in viewpoints:
        slots = find_slots(places[viewpoint.place], viewpoint.geometry)
        assert len(slots) >= LEAST_SLOTS
        states = arrange(list(lineup.values())[:5], slots, rng=rng)
        assert states
        boxes, owners = ground_boxes(states, lineup)
        pairs = overlapping_pairs(boxes, tolerance_m=0.0)
        assert all(owners[a] == owners[b] for a, b in pairs)


def test_poor_cameras_at_night_are_the_last_on_poles_and_stand_where_they_would_by_day():
    require_city()
    places = build_places(2, seed=5)
    plain = draw_viewpoints(6, places, seed=5, street=2)
    viewpoints = draw_viewpoints(6, places, seed=5, street=2, night=3)
    assert [v.geometry for v in viewpoints] == [v.geometry for v in plain]
    assert [v == p for v, p in zip(viewpoints, plain, strict=True)] == [
        *(True, False, False, False, True, True)
    ]
    for viewpoint in viewpoints[1:4]:
        assert viewpoint.lighting.vehicle_lamps == 1
        assert viewpoint.sensor.glare > 0
        assert viewpoint.sensor.denoise > 0
    assert len({v.lighting.street_lamps for v in viewpoints[1:4]}) == 2
    assert all(v.sensor.glare == v.sensor.denoise == 0 for v in plain)


def test_nowhere_to_stand():
    lineup = draw_lineup(2, seed=1, split="training")
    slots = np.zeros((0, 4))
    assert arrange(list(lineup.values()), slots, rng=np.random.default_rng(1)) == []


@pytest.mark.slow
def test_a_validation_set(tmp_path):
    require_city()
    command = [sys.executable, "-m", "city.crops", "--identities", "4", "--crops", "16"]
    command += ["--cameras", "2", "--out", str(tmp_path), "--split", "validation", "--workers", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr
    gallery, queries = (read_veri(tmp_path / f"image_{name}") for name in ("test", "query"))
    listed = (tmp_path / "name_test.txt").read_text().split()
    assert [crop.path.name for crop in gallery] == listed
    assert [c.path.name for c in queries] == (tmp_path / "name_query.txt").read_text().split()
    assert len(gallery) >= 12
    assert {int(crop.identity) for crop in gallery} <= {
        FIRST_ID["validation"] + k for k in range(4)
    }
    with (tmp_path / "identities.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["crops"]) for row in rows) == len(gallery)
    sizes = [cv2.imread(str(crop.path)).shape for crop in gallery]
    assert all(height >= 20 and width >= 10 for height, width, _ in sizes)
    seen = {parse_name(name) for name in listed}
    assert len(seen) > len({identity for identity, _ in seen})
