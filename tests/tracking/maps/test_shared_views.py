"""How the maps of two cameras lie on each other, from the vehicles that both see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.types import CLASS_NAMES
from tests.tracking.pinhole import Drive, Pinhole, affine_between, film, sightings, street
from tracking.maps.perspective import own_plane
from tracking.maps.shared_views import LEAST_VEHICLES, Overlay, lay_over
from tracking.maps.view_pairs import ViewPairs, metres_apart
from tracking.sightings import Sightings
from tracking.types import Tracklet

A = Pinhole("a")
BESIDE = Pinhole("b", at=(-12.0, -3.0), yaw_deg=15, pitch_deg=17, height_m=8)
OPPOSITE = Pinhole("b", at=(10.0, 85.0), yaw_deg=185, pitch_deg=17, height_m=8)
ZOOMED = Pinhole("b", at=(-12.0, -30.0), yaw_deg=10, pitch_deg=10, height_m=9, lens_deg=24)
ELSEWHERE = Pinhole("b", at=(0.0, 300.0))
ALIKE = 3.0


def traffic(n: int = 25, seed: int = 0) -> list[Drive]:
    return street(n, from_y=-20, to_y=110, seed=seed)


def other_traffic(n: int = 25, seed: int = 7) -> list[Drive]:
    return street(n, from_y=280, to_y=410, seed=seed)


def on_own_map(tracklets: Sequence[Tracklet]) -> Sightings:
    """Return sightings of one camera at their places on its own map, as `survey` has them."""
    seen = sightings(tracklets)
    camera = int(seen.camera[0])
    plane = own_plane(seen, frame=1)
    assert plane is not None
    placed = seen.placed({camera: plane})
    return placed[np.isfinite(placed.path).all(axis=(1, 2))]


def alike(a: Sightings, b: Sightings, level: float = ALIKE) -> NDArray[np.float64]:
    return np.full((len(a), len(b)), level)


def laid(
    other: Pinhole,
    drives: Sequence[Drive],
    *,
    others: Sequence[Drive] | None = None,
    shift_s: float = 0.0,
    seed: int = 0,
) -> tuple[Overlay | None, Sightings, Sightings]:
    a = on_own_map(film(A, drives, seed=seed))
    b = on_own_map(film(other, drives if others is None else others, shift_s=shift_s, seed=seed))
    return lay_over(a, b, alike(a, b)), a, b


def apart(one: Pinhole, other: Pinhole, drives: Sequence[Drive], overlay: Overlay) -> list[float]:
    """Return by how much places of the same moments differ: a median for each vehicle."""
    tracks = [{t.track_id: t for t in film(camera, drives)} for camera in (one, other)]
    planes = [own_plane(sightings(list(some.values())), frame=1) for some in tracks]
    found = []
    for number in tracks[0].keys() & tracks[1].keys():
        pair = [some[number] for some in tracks]
        from_ = max(t.first_timestamp for t in pair)
        to = min(t.last_timestamp for t in pair)
        if to - from_ < 1:
            continue
        times = np.linspace(from_, to, 9)
        places = []
        for plane, one_of in zip(planes, pair, strict=True):
            assert plane is not None
            at = plane.places(one_of.xyxy)[:, :2]
            columns = [np.interp(times, one_of.timestamps, column) for column in at.T]
            places.append(np.stack(columns, axis=1))
        mapped = places[1] @ overlay.affine[:, :2].T + overlay.affine[:, 2]
        found.append(float(np.median(np.linalg.norm(mapped - places[0], axis=1))))
    return found


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("other", [BESIDE, OPPOSITE, ZOOMED], ids=["beside", "opposite", "zoomed"])
def test_cameras_that_share_a_view_are_found(other: Pinhole, seed: int) -> None:
    drives = traffic(seed=seed)
    overlay, _, _ = laid(other, drives, seed=0)
    assert overlay is not None
    assert overlay.vehicles >= LEAST_VEHICLES
    medians = apart(A, other, drives, overlay)
    assert len(medians) > 15
    # From opposite sides half a vehicle's length is in doubt at either end.
    assert np.median(medians) < 2.5
    assert overlay.std_m < 2.0
    # Seen from above, one map is not the mirror image of the other.
    assert np.linalg.det(overlay.affine[:, :2]) > 0


def test_the_other_way_round_is_the_way_back() -> None:
    _, a, b = laid(BESIDE, traffic())
    there, back = lay_over(a, b, alike(a, b)), lay_over(b, a, alike(b, a))
    assert there is not None
    assert back is not None
    at = b.path[:, ::8, :2].reshape(-1, 2)
    on_a = at @ there.affine[:, :2].T + there.affine[:, 2]
    again = on_a @ back.affine[:, :2].T + back.affine[:, 2]
    assert np.median(np.linalg.norm(again - at, axis=1)) < 1.0


def test_a_mirrored_picture_is_laid_over_as_a_mirror_image() -> None:
    # Some cameras turn the picture over, on purpose or not: its map is a mirror image then.
    drives = traffic()
    mirrored = [
        replace(t, xyxy=t.xyxy[:, [2, 1, 0, 3]] * np.float32([-1, 1, -1, 1]) + FROM_RIGHT)
        for t in film(BESIDE, drives)
    ]
    a, b = on_own_map(film(A, drives)), on_own_map(mirrored)
    overlay = lay_over(a, b, alike(a, b))
    assert overlay is not None
    assert np.linalg.det(overlay.affine[:, :2]) < 0
    assert overlay.std_m < 1.5


FROM_RIGHT = np.array([1280, 0, 1280, 0], np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_cameras_apart_are_not_found(seed: int) -> None:
    overlay, _, _ = laid(ELSEWHERE, traffic(seed=seed), others=other_traffic(seed=seed + 20))
    assert overlay is None


@pytest.mark.parametrize("shift_s", [11.0, -11.0])
@pytest.mark.parametrize("seed", range(3))
def test_cameras_whose_clocks_differ_are_not_found(shift_s: float, seed: int) -> None:
    overlay, _, _ = laid(BESIDE, traffic(seed=seed), shift_s=shift_s)
    assert overlay is None


def test_vehicles_that_look_nothing_alike_propose_nothing() -> None:
    _, a, b = laid(BESIDE, traffic())
    assert lay_over(a, b, alike(a, b, -5.0)) is None


def of_class(sightings: Sightings, name: str) -> Sightings:
    return replace(sightings, class_id=np.full(len(sightings), CLASS_NAMES.index(name)))


@pytest.mark.parametrize(("kind", "known"), [("motorcycle", False), ("truck", True)])
def test_motorcycles_are_no_cars(kind: str, *, known: bool) -> None:
    _, a, b = laid(BESIDE, traffic())
    found = lay_over(of_class(a, "car"), of_class(b, kind), alike(a, b))
    assert (found is not None) == known


def parked(seen: Sightings) -> Sightings:
    """Return the same for vehicles that stand where they were first seen."""
    return replace(seen, path=np.repeat(seen.path[:, :1], seen.path.shape[1], axis=1))


def everywhere_at_once(seen: Sightings) -> Sightings:
    return replace(seen, path=np.zeros_like(seen.path))


def for_ever(seen: Sightings) -> Sightings:
    return replace(seen, first=np.zeros(len(seen)), last=np.full(len(seen), 1e5))


def for_no_time(seen: Sightings) -> Sightings:
    return replace(seen, last=seen.first)


def far_away(seen: Sightings) -> Sightings:
    return replace(seen, path=seen.path * [1e9, 1e9, 1])


def untouched(seen: Sightings) -> Sightings:
    return seen


def nobody(seen: Sightings) -> Sightings:
    return seen[:0]


@pytest.mark.parametrize(
    ("change", "change_other"),
    [
        (untouched, parked),
        (parked, parked),
        (everywhere_at_once, everywhere_at_once),
        (untouched, for_ever),
        (for_no_time, for_no_time),
        (untouched, far_away),
        (far_away, untouched),
        (untouched, nobody),
        (nobody, nobody),
    ],
)
def test_degenerate_sightings_find_nothing(
    change: Callable[[Sightings], Sightings], change_other: Callable[[Sightings], Sightings]
) -> None:
    _, a, b = laid(BESIDE, traffic())
    a, b = change(a), change_other(b)
    with np.errstate(divide="raise", invalid="raise", over="raise"):
        assert lay_over(a, b, alike(a, b)) is None


@pytest.mark.parametrize("seed", range(6))
def test_a_queue_is_not_laid_on_a_point(seed: int) -> None:
    # Who creeps 5 m towards one line is within 2 m of anyone on a map that has shrunk to a point.
    rng = np.random.default_rng(seed)
    base = on_own_map(film(A, traffic(40)))

    def queue(camera: int, heading: float) -> Sightings:
        first = rng.uniform(0, 60, len(base))
        way = np.linspace(-2.5, 2.5, base.path.shape[1])
        path = np.zeros_like(base.path)
        path[..., 0], path[..., 1] = way * np.cos(heading), way * np.sin(heading)
        path[..., :2] += rng.normal(0, 0.3, (len(base), 1, 2))
        camera_of = np.full(len(base), camera)
        return replace(base, camera=camera_of, first=first, last=first + 8, path=path)

    a, b = queue(0, 0.0), queue(1, 1.0)
    found = lay_over(a, b, alike(a, b))
    if found is not None:
        assert np.sqrt(abs(np.linalg.det(found.affine[:, :2]))) > 0.4


def test_the_same_input_finds_the_same() -> None:
    first, a, b = laid(BESIDE, traffic())
    again = lay_over(a, b, alike(a, b))
    assert first is not None
    assert again is not None
    assert first.affine.tobytes() == again.affine.tobytes()
    assert (first.vehicles, first.nats, first.std_m) == (again.vehicles, again.nats, again.std_m)


def test_the_order_of_sightings_hardly_matters() -> None:
    first, a, b = laid(BESIDE, traffic())
    rng = np.random.default_rng(0)
    shuffled = a[rng.permutation(len(a))], b[rng.permutation(len(b))]
    again = lay_over(*shuffled, alike(*shuffled))
    assert first is not None
    assert again is not None
    onto = b.path[:, :, :2].reshape(-1, 2)
    places = [onto @ o.affine[:, :2].T + o.affine[:, 2] for o in (first, again)]
    assert np.median(np.linalg.norm(places[0] - places[1], axis=1)) < 0.3


def test_the_true_map_is_what_is_found() -> None:
    # Between maps that are affine images of each other, exactly that.
    _, a, _ = laid(BESIDE, traffic())
    true = np.array([[0.9, -0.5, 30.0], [0.5, 0.8, -12.0]])
    path = a.path.copy()
    path[..., :2] = a.path[..., :2] @ true[:, :2].T + true[:, 2]
    b = replace(a, camera=a.camera + 1, path=path)
    found = lay_over(a, b, alike(a, b))
    assert found is not None
    back = affine_between(path[..., :2].reshape(-1, 2), a.path[..., :2].reshape(-1, 2))
    on_a = path[..., :2].reshape(-1, 2) @ found.affine[:, :2].T + found.affine[:, 2]
    expected = path[..., :2].reshape(-1, 2) @ back[:, :2].T + back[:, 2]
    assert np.median(np.linalg.norm(on_a - expected, axis=1)) < 0.3
    assert found.std_m < 0.3


def test_of_eight_distances_the_median_counts() -> None:
    rng = np.random.default_rng(3)
    at, there = rng.normal(scale=20, size=(2, 2, 8, 50))
    maps = rng.normal(size=(4, 2, 3))
    none = np.zeros(50)
    pairs = ViewPairs(none.astype(np.intp), none.astype(np.intp), at, there, none, none > 0)
    for affine, found in zip(maps, metres_apart(pairs, maps), strict=True):
        mapped = np.tensordot(affine[:, :2], there, axes=1) + affine[:, 2, None, None]
        assert found == pytest.approx(np.median(np.linalg.norm(mapped - at, axis=0), axis=0))
