from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.travel.link_prior import LinkPrior
from tracking.travel.links import MAX_PASSAGE_S, OVERLAP_GAP_S, CameraLink, LinkGraph

A_TO_B = CameraLink("a", "b", min_s=5, max_s=10)
B_TO_A = CameraLink("b", "a", min_s=6, max_s=12)
B_TO_C = CameraLink("b", "c", min_s=3, max_s=4)


def window(graph: LinkGraph, a: str, b: str) -> tuple[float, float, bool]:
    i, j = graph.index(a), graph.index(b)
    return float(graph.min_gap_s[i, j]), float(graph.max_gap_s[i, j]), bool(graph.linked[i, j])


@pytest.mark.parametrize(
    ("links", "way", "expected"),
    [
        pytest.param([], "ab", (0, math.inf, False), id="nothing known"),
        pytest.param([A_TO_B, B_TO_A], "ab", (5, 10, True), id="direct"),
        pytest.param([A_TO_B, B_TO_A], "ba", (6, 12, True), id="direct, other direction"),
        pytest.param([A_TO_B], "ba", (math.inf, math.inf, False), id="one way: not back"),
        pytest.param([A_TO_B], "ax", (0, math.inf, False), id="camera without links"),
        pytest.param([A_TO_B, B_TO_C], "ac", (8, 14 + MAX_PASSAGE_S, True), id="over b, missed"),
        pytest.param(
            [A_TO_B, B_TO_C, CameraLink("a", "c", min_s=20, max_s=30)],
            "ac",
            (8, 30, True),
            id="direct way is slower than the one over b",
        ),
        pytest.param(
            [CameraLink("a", "b", overlap=True)],
            "ba",
            (-math.inf, OVERLAP_GAP_S, True),
            id="overlap holds both ways",
        ),
        pytest.param(
            [CameraLink("a", "b", max_s=2, overlap=True)],
            "ab",
            (-math.inf, 2, True),
            id="overlap with a window",
        ),
        pytest.param(
            [CameraLink("a", "b", overlap=True), B_TO_C],
            "ac",
            (3, OVERLAP_GAP_S + 4 + MAX_PASSAGE_S, True),
            id="overlap, then a link",
        ),
        pytest.param(
            [CameraLink("a", "b", min_s=-2, max_s=3)], "ab", (-2, 3, True), id="views meet"
        ),
        pytest.param(
            [A_TO_B, CameraLink("a", "b", min_s=8, max_s=20)], "ab", (5, 20, True), id="two ways"
        ),
        pytest.param([A_TO_B, B_TO_A], "aa", (0, math.inf, False), id="return to the same camera"),
    ],
)
def test_window(links: list[CameraLink], way: str, expected: tuple[float, float, bool]) -> None:
    assert window(LinkGraph(links), way[0], way[1]) == expected


def test_new_cameras_do_not_change_what_is_known() -> None:
    graph = LinkGraph([A_TO_B])
    for name in "xyz":
        graph.index(name)
    assert window(graph, "a", "b") == (5, 10, True)
    assert graph.min_gap_s.shape == graph.max_gap_s.shape == graph.linked.shape == (5, 5)
    assert graph.index("a") == graph.index("a") != graph.index("x")


@pytest.mark.parametrize(
    ("link", "message"),
    [
        pytest.param({"to_camera": "a"}, "two different cameras", id="to itself"),
        pytest.param({"min_s": 5, "max_s": 4}, "min_s must be at most max_s", id="upside down"),
        pytest.param({"max_s": math.inf}, "must be finite", id="endless"),
        pytest.param({"max_s": -1, "overlap": True}, "must not be negative", id="overlap"),
    ],
)
def test_bad_link_is_refused(link: dict[str, object], message: str) -> None:
    fields: dict[str, object] = {"from_camera": "a", "to_camera": "b"}
    with pytest.raises(ValueError, match=message):
        CameraLink(**(fields | link))  # type: ignore[arg-type]


LINKS = st.builds(
    lambda a, step, low, width, overlap: CameraLink(
        "abcd"[a], "abcd"[(a + step) % 4], low, low + width, overlap
    ),
    st.integers(0, 3),
    st.integers(1, 3),
    st.floats(0, 20),
    st.floats(0, 20),
    st.booleans(),
)


@given(st.lists(LINKS, max_size=8))
def test_no_way_over_a_third_camera_is_quicker_than_the_least_gap(links: list[CameraLink]) -> None:
    graph = LinkGraph(links)
    low = np.maximum(graph.min_gap_s, 0)
    np.fill_diagonal(low, 0)
    linked = graph.linked
    for via in range(len(low)):
        both = linked[:, via, None] & linked[None, via, :]
        np.fill_diagonal(both, val=False)
        over = low[:, via, None] + low[None, via, :]
        assert (low[both] <= over[both] + 1e-9).all()
    assert (graph.min_gap_s[linked] <= graph.max_gap_s[linked]).all()


def test_a_link_of_one_direction_raises_no_warning() -> None:
    graph = LinkGraph([CameraLink("a", "b", min_s=1, max_s=30)])
    cells = np.array([graph.index("a"), graph.index("b")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = LinkPrior(graph).log_density_of_gap(cells, cells[::-1], np.array([10.0, 10.0]))
    assert np.isfinite(found).all()
