"""What all layouts share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from city.roads import RoadPlan

Lanes = Annotated[int, Field(ge=1, le=4)]
"""Lanes of one direction."""
Metres = Annotated[float, Field(gt=0, le=2000)]


class Layout(BaseModel, ABC):
    """Parameters of a map.

    Attributes:
        rotation_deg: Turns the map anticlockwise about its origin.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rotation_deg: float = 0.0

    def plan(self) -> RoadPlan:
        """Return the map's roads.

        Raises:
            ValueError: If the parameters don't fit together.
        """
        return self.unrotated_plan().rotated(self.rotation_deg)

    @abstractmethod
    def unrotated_plan(self) -> RoadPlan:
        """Return the map's roads before it is turned."""
