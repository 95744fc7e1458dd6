"""Small networks for tests, without SUMO."""

from __future__ import annotations

import numpy as np

from city.network import Junction, Lane, LaneUse, RoadNetwork

WIDTH_M = 3.4


def lane(
    edge_id: str,
    shape: list[tuple[float, float]],
    *,
    index: int = 0,
    road_type: str = "street",
    ends: tuple[str, str] = ("", ""),
    leftmost: bool = True,
    parking: bool = False,
    width_m: float = WIDTH_M,
) -> Lane:
    return Lane(
        edge_id=edge_id,
        index=index,
        internal=edge_id.startswith(":"),
        shape=np.array(shape, np.float64),
        width_m=width_m,
        speed_mps=13.9,
        road_type=road_type,
        use=LaneUse.PARKING if parking else LaneUse.TRAFFIC,
        from_junction=ends[0],
        to_junction=ends[1],
        is_leftmost=leftmost,
    )


def distance_to_road(network: RoadNetwork, points: np.ndarray) -> np.ndarray:
    """Metres from points (N, 2) to the edge of the nearest lane of any use; 0 on it."""
    starts = np.vstack([lane.shape[:-1] for lane in network.lanes])
    ends = np.vstack([lane.shape[1:] for lane in network.lanes])
    half = np.concatenate([np.full(len(q.shape) - 1, q.width_m / 2) for q in network.lanes])
    along = ends - starts
    squared = np.maximum((along**2).sum(axis=1), 1e-12)
    offset = points[:, None] - starts
    share = np.clip((offset * along).sum(axis=2) / squared, 0.0, 1.0)
    gap = np.linalg.norm(offset - share[..., None] * along, axis=2) - half
    return np.maximum(gap.min(axis=1), 0.0)


def street(length_m: float = 60.0, *, road_type: str = "street") -> RoadNetwork:
    """One lane each way along the x axis, from A at x = 0 to B."""
    return RoadNetwork(
        lanes=(
            lane("A_B", [(0, -1.7), (length_m, -1.7)], ends=("A", "B"), road_type=road_type),
            lane("B_A", [(length_m, 1.7), (0, 1.7)], ends=("B", "A"), road_type=road_type),
        ),
        junctions=(),
    )


def motorway(length_m: float = 300.0) -> RoadNetwork:
    """Two carriageways of two lanes, seven metres apart."""
    lanes = []
    for edge, sign in (("A_B", 1), ("B_A", -1)):
        xs = (0.0, length_m) if sign > 0 else (length_m, 0.0)
        for index, y in enumerate((-9.1, -5.35)):
            shape = [(x, sign * y) for x in xs]
            lanes.append(
                lane(
                    edge,
                    shape,
                    index=index,
                    road_type="motorway",
                    ends=("A", "B") if sign > 0 else ("B", "A"),
                    leftmost=index == 1,
                    width_m=3.75,
                )
            )
    return RoadNetwork(lanes=tuple(lanes), junctions=())


def crossing(arm_m: float = 70.0, *, signalled: bool = True) -> RoadNetwork:
    """Four arms of one lane each way around M; who comes from an arm may go three ways."""
    reach, half = 10.0, WIDTH_M / 2
    lanes: list[Lane] = []
    arms = {"E": 0, "N": 1, "W": 2, "S": 3}
    turn = {k: np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), k) for k in range(4)}

    def at(arm: str, x: float, y: float) -> tuple[float, float]:
        point = turn[arms[arm]] @ np.array([x, y])
        return float(point[0]), float(point[1])

    for arm in arms:
        inward = [at(arm, reach + arm_m, half), at(arm, reach, half)]
        outward = [at(arm, reach, -half), at(arm, reach + arm_m, -half)]
        lanes.append(lane(f"{arm}_M", inward, ends=(arm, "M")))
        lanes.append(lane(f"M_{arm}", outward, ends=("M", arm)))
        for other in arms:
            if other != arm:
                middle = (at(arm, 4.0, half), at(other, 4.0, -half))
                path = [at(arm, reach, half), *middle, at(other, reach, -half)]
                lanes.append(lane(f":M_{arm}{other}", path))
    outline = [at(a, reach, y) for a in arms for y in (-2 * half, 2 * half)]
    kind = "traffic_light" if signalled else "priority"
    junction = Junction("M", kind, np.array(outline), np.zeros(2))
    return RoadNetwork(lanes=tuple(lanes), junctions=(junction,))
