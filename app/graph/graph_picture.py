"""The camera graph as an SVG image: distances between cameras represent travel times."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from app.graph.label_places import place_labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from app.graph.camera_graph import CameraGraph
    from tracking.decisions import LinkEstimate

_WIDTH: Final = 960
_HEIGHT: Final = 640
_MARGIN: Final = 110
_NODE_WH: Final = (104, 40)
"""Size of a camera with a short name."""
_NAME_PX: Final = 8.6
"""Room for a letter of a camera's name."""
_LONGEST_NAME: Final = 22
"""Letters of a name that are shown, so that a camera at the edge of the image is whole."""
_LETTER_PX: Final = 7.2
_LABEL_HEIGHT: Final = 17.0
"""Room for what is written at a way: a wide letter of its size, and a line."""
_NOTE_HEIGHT: Final = 22.0
"""Room below a camera for what is written of its clock."""
_FRAME: Final = 28.0
"""Left free above and below what is drawn."""
_CAPTION_HEIGHT: Final = 30.0
_BEND: Final = 0.16
"""How far a way bends aside, as a share of its length, so that both directions are seen."""
_ROUNDS: Final = 300
_NEAR: Final = 5.0
"""Distance of cameras that see the same place, in roots of a second: room for what is written."""

_STYLE: Final = """
  text { font: 14px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
  .camera { fill: #ffffff; stroke: #2257c5; stroke-width: 2; }
  .wrong { stroke: #c2410c; }
  .name { font-weight: 600; fill: #1a1d24; text-anchor: middle; }
  .clock { font-size: 12px; fill: #c2410c; text-anchor: middle; paint-order: stroke;
           stroke: #f6f7f9; stroke-width: 4px; stroke-linejoin: round; }
  .caption { font-size: 12px; fill: #5d6574; }
  .way { fill: none; stroke: #5d6574; }
  .overlap { stroke-dasharray: 7 5; }
  .label { font-size: 12.5px; fill: #1a1d24; text-anchor: middle; }
  .halo { fill: #f6f7f9; fill-opacity: .9; }
"""


def draw_graph(cameras: Sequence[str], graph: CameraGraph, *, wrong: Sequence[str] = ()) -> str:
    """Return an SVG image of the cameras and the ways between them.

    Args:
        cameras: All cameras of the run.
        graph: What was learned.
        wrong: Cameras whose clock is wrong; their offset is written beside them.
    """
    places = dict(zip(cameras, lay_out(cameras, graph.links).tolist(), strict=True))
    most = max((link.count for link in graph.links), default=1.0)
    curves = [_curve(link, places) for link in graph.links]
    # Labels come after all ways, so that none runs across one.
    parts = [_way(link, curve, most=most) for link, curve in zip(graph.links, curves, strict=True)]
    boxes = label_boxes(graph.links, curves, places)
    parts += [_label(link, box) for link, box in zip(graph.links, boxes.tolist(), strict=True)]
    for camera_id, (x, y) in places.items():
        clock = graph.clock(camera_id) if camera_id in wrong else None
        parts.append(_camera(camera_id, x, y, offset_s=None if clock is None else clock.offset_s))
    top, bottom = _extent(places, curves, boxes)
    height = bottom - top
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {top:.0f} {_WIDTH} {height:.0f}" '
        # As wide as a phone where that is narrower.
        f'width="{_WIDTH}" height="{height:.0f}" style="max-width:100%;height:auto" role="img" '
        'aria-label="Links between cameras">\n'
        f"<style>{_STYLE}</style>\n"
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="10" '
        'markerHeight="10" markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0 0L10 5L0 10z" fill="#5d6574"/></marker></defs>\n'
        f'<rect y="{top:.0f}" width="{_WIDTH}" height="{height:.0f}" fill="#f6f7f9"/>\n'
        + "\n".join(parts)
        + f'\n<text class="caption" x="20" y="{bottom - 14:.0f}">median travel time · number '
        "of vehicles; dashed: overlapping views</text>\n"
        "</svg>\n"
    )


def lay_out(cameras: Sequence[str], links: Sequence[LinkEstimate]) -> NDArray[np.float64]:
    """Return a place in the image for each camera, float64 (C, 2), in pixels.

    Distances between cameras that are not linked are sums along the way; those not joined at all
    are as far apart as the farthest.

    Reference: de Leeuw, "Applications of convex analysis to multidimensional scaling", 1977
    (SMACOF: each round moves every point to where the others want it).
    """
    n = len(cameras)
    angles = 2 * np.pi * np.arange(n) / max(n, 1)
    places = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    if n > 1:
        wanted = _distances(cameras, links)
        for _ in range(_ROUNDS):
            offset = places[:, None] - places[None]
            length = np.sqrt((offset**2).sum(axis=2))
            ratio = np.divide(wanted, length, out=np.zeros_like(wanted), where=length > 1e-9)
            places = (ratio[:, :, None] * offset).sum(axis=1) / n
            places -= places.mean(axis=0)
    return _fitted(places)


def _distances(cameras: Sequence[str], links: Sequence[LinkEstimate]) -> NDArray[np.float64]:
    """Return how far apart cameras should be, (C, C); the root keeps long ways from ruling all."""
    index = {camera_id: i for i, camera_id in enumerate(cameras)}
    wanted = np.full((len(cameras), len(cameras)), np.inf)
    np.fill_diagonal(wanted, 0.0)
    for link in links:
        a, b = index[link.from_camera], index[link.to_camera]
        away = _NEAR + np.sqrt(max(link.quantiles_s[2], 0.0))
        wanted[a, b] = wanted[b, a] = min(wanted[a, b], away)
    for via in range(len(cameras)):
        wanted = np.minimum(wanted, wanted[:, via, None] + wanted[None, via, :])
    farthest = wanted[np.isfinite(wanted)].max() or 1.0
    return np.asarray(np.where(np.isfinite(wanted), wanted, 1.2 * farthest))


def _fitted(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places spread over the image, the longer side lying."""
    if len(places) > 1:
        _, _, axes = np.linalg.svd(places - places.mean(axis=0), full_matrices=False)
        if axes.shape == (2, 2):
            places = places @ axes.T
    low, high = places.min(axis=0, initial=0.0), places.max(axis=0, initial=0.0)
    span = np.maximum(high - low, 1e-9)
    room = np.array([_WIDTH, _HEIGHT]) - 2.0 * _MARGIN
    scale = (room / span).min() if (span > 1e-6).any() else 1.0
    return np.asarray((places - (low + high) / 2) * scale + np.array([_WIDTH, _HEIGHT]) / 2)


def label_boxes(
    links: Sequence[LinkEstimate],
    curves: Sequence[NDArray[np.float64]],
    places: Mapping[str, Sequence[float]],
) -> NDArray[np.float64]:
    """Return where what is written at the ways goes, float64 (L, 4), xyxy in pixels.

    Args:
        links: The ways.
        curves: float64 (3, 2) of each, begin, control point and end.
        places: Of the cameras, by name.
    """
    sizes = [(_LETTER_PX * len(_words(link)), _LABEL_HEIGHT) for link in links]
    things = [_taken(camera_id, place) for camera_id, place in places.items()]
    return place_labels(
        np.array(curves).reshape(-1, 3, 2),
        np.array(sizes).reshape(-1, 2),
        np.array(things).reshape(-1, 4),
        picture_wh=(_WIDTH, _HEIGHT),
    )


def _taken(camera_id: str, place: Sequence[float]) -> NDArray[np.float64]:
    """Return the box of a camera and of the note on its clock, float64 (4,), xyxy."""
    half, below = _node_wh(camera_id) / 2, np.array([0.0, _NOTE_HEIGHT])
    return np.concatenate([place - half, place + half + below])


def _extent(
    places: Mapping[str, Sequence[float]],
    curves: Sequence[NDArray[np.float64]],
    labels: NDArray[np.float64],
) -> tuple[float, float]:
    """Return the top of the image and its bottom, in pixels: there may be little in it."""
    boxes = [_taken(camera_id, place)[[1, 3]] for camera_id, place in places.items()]
    # A curve lies between its ends and the middle between them and its control point.
    bends = [[a[1], c[1], (a[1] + 2 * b[1] + c[1]) / 4] for a, b, c in curves]
    # The middle is among all places.
    drawn = np.concatenate([[_HEIGHT / 2], *boxes, *bends, labels[:, [1, 3]].ravel()])
    return float(drawn.min()) - _FRAME, float(drawn.max()) + _FRAME + _CAPTION_HEIGHT


def _words(link: LinkEstimate) -> str:
    words = f"{link.quantiles_s[2]:.0f} s" if not link.overlap else "overlap"
    return f"{words} · {link.count:.0f}"


def _curve(link: LinkEstimate, places: Mapping[str, Sequence[float]]) -> NDArray[np.float64]:
    """Return begin, control point and end of a way, float64 (3, 2)."""
    a, b = np.array(places[link.from_camera]), np.array(places[link.to_camera])
    along = b - a
    # To the right of the direction of travel, as traffic goes.
    bend = (a + b) / 2 + np.array([-along[1], along[0]]) * _BEND
    ends = (_leave(link.from_camera, a, bend), _leave(link.to_camera, b, bend))
    return np.stack([ends[0], bend, ends[1]])


def _way(link: LinkEstimate, curve: NDArray[np.float64], *, most: float) -> str:
    (x1, y1), (x, y), (x2, y2) = curve.tolist()
    width = 1.2 + 3.0 * link.count / most
    kind = "way overlap" if link.overlap else "way"
    title = f"{link.from_camera} to {link.to_camera}: {link.count:.0f} vehicles"
    return (
        f'<g><title>{escape(title)}</title><path class="{kind}" stroke-width="{width:.1f}" '
        f'marker-end="url(#tip)" d="M{x1:.1f} {y1:.1f} Q{x:.1f} {y:.1f} {x2:.1f} {y2:.1f}"/></g>'
    )


def _label(link: LinkEstimate, box: Sequence[float]) -> str:
    x1, y1, x2, y2 = box
    return (
        f'<g><rect class="halo" x="{x1:.1f}" y="{y1:.1f}" width="{x2 - x1:.1f}" '
        f'height="{y2 - y1:.1f}" rx="5"/><text class="label" x="{(x1 + x2) / 2:.1f}" '
        f'y="{(y1 + y2) / 2 + 4.5:.1f}">{_words(link)}</text></g>'
    )


def _node_wh(camera_id: str) -> NDArray[np.float64]:
    """Return how large a camera is drawn, float64 (2,)."""
    width, height = _NODE_WH
    return np.array([max(width, _NAME_PX * len(_shown(camera_id)) + 20), height], np.float64)


def _shown(camera_id: str) -> str:
    """Return a name as it is shown: of a long one the end, too, which tells cameras apart.

    >>> _shown("north-bridge")
    'north-bridge'
    >>> _shown("intersection-of-main-street-and-broadway-2")
    'intersectio…broadway-2'
    """
    if len(camera_id) <= _LONGEST_NAME:
        return camera_id
    half = _LONGEST_NAME // 2
    return f"{camera_id[:half]}…{camera_id[1 - half :]}"


def _leave(
    camera_id: str, center: NDArray[np.float64], towards: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where the straight line from a camera's middle crosses its edge."""
    away = towards - center
    half = _node_wh(camera_id) / 2 + 3
    with np.errstate(divide="ignore"):
        reach = np.min(half / np.maximum(np.abs(away), 1e-9))
    return center + away * min(float(reach), 1.0)


def _camera(camera_id: str, x: float, y: float, *, offset_s: float | None) -> str:
    width, height = _node_wh(camera_id).tolist()
    kind = "camera" if offset_s is None else "camera wrong"
    note = (
        ""
        if offset_s is None
        else f'<text class="clock" x="{x:.1f}" y="{y + height / 2 + 16:.1f}">'
        f"clock {offset_s:+.1f} s</text>"
    )
    return (
        f'<g><title>{escape(camera_id)}</title><rect class="{kind}" x="{x - width / 2:.1f}" '
        f'y="{y - height / 2:.1f}" width="{width:.1f}" height="{height:.1f}" rx="9"/>'
        f'<text class="name" x="{x:.1f}" y="{y + 5:.1f}">{escape(_shown(camera_id))}</text>'
        f"{note}</g>"
    )
