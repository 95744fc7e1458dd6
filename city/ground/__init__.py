"""The painted ground of a map."""

from city.ground.paint import paint_ground
from city.ground.style import MapStyle

__all__ = ["MapStyle", "paint_ground"]
