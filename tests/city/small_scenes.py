"""Scenes for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from city.scene import Scene

FOLDER = Path(__file__).parents[2] / "configs" / "city"
TINY = FOLDER / "tiny.yaml"


def tree(**changed: Any) -> dict[str, Any]:
    """Return a small scene as its file would give it, with top-level keys changed."""
    return {
        "name": "small",
        "seed": 3,
        "duration_s": 5,
        "start_time": "2026-05-04T12:00:00",
        "warm_up_s": 10,
        "map": {"layout": "grid", "columns": 2, "rows": 1, "parking": True},
        "traffic": {"random_vehicles": 10},
        "cameras": [{"id": "cam1", "eye": [10, -10, 6], "look_at": [0, 0, 0], "fov_deg": 40}],
        **changed,
    }


def scene(**changed: Any) -> Scene:
    """Return a small scene, with top-level keys changed."""
    return Scene.model_validate(tree(**changed))
