"""Learned links and clock errors of a run's cameras, kept in its store."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from app.errors import StoreError
from tracking.decisions import (
    ClockEstimate,
    ExitEstimate,
    GroundEstimate,
    LinkEstimate,
    SharedView,
)

if TYPE_CHECKING:
    from app.storage.store import Store
    from app.storage.store_reader import StoreReader
    from tracking.association.associator import Associator

_KEY: Final = "camera_graph"


@dataclass(frozen=True, slots=True)
class CameraGraph:
    """The links between cameras.

    Attributes:
        links: The most travelled first.
        clocks: One for each camera of which something is known.
        exits: What becomes of vehicles that leave a camera; this and what follows is empty in
            stores of before it was kept.
        views: Pairs of cameras with overlapping views, of which at least one is not calibrated.
        ground: How cameras that are not calibrated see the ground, if others are on their map.
        maps: Names of the maps that people made, by their numbers from 1; 0 is the one that has no
            name.
    """

    links: tuple[LinkEstimate, ...] = ()
    clocks: tuple[ClockEstimate, ...] = ()
    exits: tuple[ExitEstimate, ...] = ()
    views: tuple[SharedView, ...] = ()
    ground: tuple[GroundEstimate, ...] = ()
    maps: tuple[str, ...] = ()

    def clock(self, camera_id: str) -> ClockEstimate | None:
        """Return what is known of a camera's clock, None if nothing."""
        return next((c for c in self.clocks if c.camera_id == camera_id and c.count > 0), None)


_LAYOUT: Final = TypeAdapter(CameraGraph)


def learned_by(association: Associator, maps: tuple[str, ...] = ()) -> CameraGraph:
    """Return what an association has learned of the cameras by now.

    Args:
        association: The association.
        maps: Names of the maps that people made (`CameraGraph.maps`).
    """
    return CameraGraph(
        tuple(association.links()),
        tuple(association.clocks()),
        tuple(association.exits()),
        tuple(association.views()),
        tuple(association.ground()),
        maps,
    )


def put_camera_graph(store: Store, graph: CameraGraph) -> None:
    """Keep what was learned of the cameras, in place of what was kept before."""
    store.set_meta(_KEY, asdict(graph))


def has_camera_graph(store: StoreReader) -> bool:
    """Return whether anything is kept of the ways between the cameras."""
    return store.meta(_KEY) is not None


def camera_graph(store: StoreReader) -> CameraGraph:
    """Return what a run learned of its cameras.

    Raises:
        StoreError: If the run kept nothing of the kind, or not in a form that can be read.
    """
    kept = store.meta(_KEY)
    if kept is None:
        raise StoreError(
            f"{store.path}: no links between the cameras are stored yet; a run stores them "
            "after about a minute of footage, and when it ends"
        )
    try:
        return _LAYOUT.validate_python(kept)
    except ValidationError as error:
        raise StoreError(f"{store.path}: the camera graph cannot be read: {error}") from error
