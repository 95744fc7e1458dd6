"""Which vehicles' head lamps light the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from city.lighting import Lighting
    from city.renderer.actors import VisibleBody

_MOST: Final = 16
"""As in `actor.vert`."""
_HEIGHT_M: Final = 0.75


def lights_road(body: VisibleBody) -> bool:
    """Return whether a body's head lamps are lit at night."""
    return body.lamps_on and body.index == 0 and body.actor.has_head_lamps


def beam_uniforms(bodies: Sequence[VisibleBody], lighting: Lighting) -> dict[str, Any]:
    """Return the uniforms of `actor.vert` that say where light of head lamps comes from.

    Args:
        bodies: Of all actors, the nearest first: the nearest ones' lamps are taken.
        lighting: Of the view.
    """
    strength = lighting.beams_on_vehicles * lighting.vehicle_lamps
    if strength == 0:
        return {"beam_count": 0}
    lit = [body for body in bodies if lights_road(body)][:_MOST]
    at, to = np.zeros((_MOST, 3), np.float32), np.zeros((_MOST, 2), np.float32)
    for row, body in enumerate(lit):
        matrix = body.world_from_body
        front = body.actor.lengths_m[0][1]
        at[row] = (matrix @ (front, 0.0, _HEIGHT_M, 1.0))[:3]
        to[row] = matrix[:2, 0] / np.linalg.norm(matrix[:2, 0])
    return {
        "beam_strength": strength,
        "beam_count": len(lit),
        "beam_at": at.tobytes(),
        "beam_to": to.tobytes(),
    }
