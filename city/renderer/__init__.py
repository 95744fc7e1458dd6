"""Draws the city: `Renderer` makes pictures of a view, and tells which actor each pixel shows."""

from city.renderer.renderer import Renderer, Rendering
from city.renderer.scenery import Ground

__all__ = ["Ground", "Renderer", "Rendering"]
