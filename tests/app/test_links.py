"""The learned camera graph: kept, shown, drawn and proposed as an edit to `cams.yaml`."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from app.config import RunConfig
from app.errors import StoreError
from app.graph.camera_graph import CameraGraph, camera_graph, put_camera_graph
from app.graph.graph_picture import draw_graph, lay_out
from app.graph.label_places import place_labels
from app.graph.link_proposal import (
    as_yaml,
    in_true_time,
    is_doubtful,
    is_wrong,
    propose_clocks,
    propose_links,
    window_s,
)
from app.links import app
from app.storage.store import Store
from tests.app.stores import camera, city_store
from tracking.decisions import ClockEstimate, LinkEstimate, Route


def link(source: str, target: str, *quantiles: float, overlap: bool = False) -> LinkEstimate:
    chosen = quantiles or (10.0, 12.0, 14.0, 16.0, 20.0)
    return LinkEstimate(
        from_camera=source,
        to_camera=target,
        count=23.4,
        share=0.4,
        mean_s=14.2,
        std_s=2.5,
        quantiles_s=chosen,
        overlap=overlap,
        routes=(Route((620.0, 300.0), (15.0, 280.0), 12.0, 14.0),),
    )


NEVER = (-3.0, -2.0, -2.0, -1.0, -1.0)
"""Gaps of cameras between which vehicles are never out of sight."""

GRAPH = CameraGraph(
    (link("north", "south"), link("south", "north", -6.0, -3.0, -2.0, -1.0, 4.0, overlap=True)),
    (ClockEstimate("north", 0.0, 0.3, 0.0), ClockEstimate("south", -3.04, 0.2, 23.4)),
)


@pytest.fixture
def run(tmp_path):
    with city_store(tmp_path / "monday") as store:
        put_camera_graph(store, GRAPH)
    return tmp_path / "monday"


def invoke(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


# ------------------------------------------------------------------ kept in the store


@pytest.mark.parametrize(
    "graph", [CameraGraph(), CameraGraph(GRAPH.links[:1]), GRAPH], ids=["empty", "one", "many"]
)
def test_a_store_keeps_what_was_learned(tmp_path, graph):
    with Store.create(tmp_path / "run") as store:
        put_camera_graph(store, graph)
        assert camera_graph(store) == graph


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        pytest.param(None, "after about a minute of footage, and when it ends", id="none"),
        pytest.param({"links": [{"from_camera": "a"}]}, "cannot be read", id="broken"),
    ],
)
def test_a_store_without_a_graph_says_so(tmp_path, kept, message):
    with Store.create(tmp_path / "run") as store:
        if kept is not None:
            store.set_meta("camera_graph", kept)
        with pytest.raises(StoreError, match=message):
            camera_graph(store)


def test_only_clocks_that_were_seen_are_known():
    assert GRAPH.clock("north") is None
    assert GRAPH.clock("west") is None
    assert GRAPH.clock("south").offset_s == -3.04


# ------------------------------------------------------------------ the proposal


@pytest.mark.parametrize(
    ("quantiles", "window"),
    [
        # The tails are half as long as from the median to the outer quantiles, but 2 s at least.
        pytest.param((10, 12, 14, 16, 20), (8, 23), id="usual"),
        pytest.param((14, 14, 14, 14, 14), (12, 16), id="always the same"),
        pytest.param((1, 2, 3, 4, 5), (0, 7), id="not before it has left"),
        pytest.param((-1, 0, 1, 2, 3), (-3, 5), id="views that touch"),
        pytest.param((20, 40, 60, 90, 160), (0, 210), id="lights and jams"),
    ],
)
def test_windows(quantiles, window):
    assert window_s(link("north", "south", *map(float, quantiles))) == window


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([link("b", "a")], [("b", "a", (8.0, 23.0), False)], id="one way"),
        pytest.param(
            [link("b", "a"), link("a", "b", 3, 4, 5, 6, 7)],
            [("a", "b", (1.0, 9.0), False), ("b", "a", (8.0, 23.0), False)],
            id="both ways",
        ),
        pytest.param(
            [link("b", "a", -3, -2, -1, 0, 1, overlap=True), link("a", "b", *NEVER, overlap=True)],
            [("a", "b", None, True)],
            id="overlap once",
        ),
        pytest.param(
            [link("b", "a", *NEVER, overlap=True)], [("b", "a", None, True)], id="overlap one way"
        ),
        pytest.param(
            [link("a", "b", -9, -5, -1, 3, 7, overlap=True)],
            [("a", "b", (0.0, 11.0), True)],
            id="overlap, with long gaps",
        ),
        pytest.param(
            [link("a", "b", *NEVER, overlap=True), link("b", "a")],
            [("a", "b", (-5.0, 1.0), False), ("b", "a", (8.0, 23.0), False)],
            id="overlap in one of two ways",
        ),
    ],
)
def test_proposed_links(links, expected):
    found = propose_links(links)
    assert [
        (one.from_camera, one.to_camera, one.travel_time_s, one.overlap) for one in found
    ] == expected
    assert all(one.overlap or not one.both_ways for one in found)


@pytest.mark.parametrize(
    ("offset_s", "std_s", "wrong"),
    [(3.0, 0.3, True), (-3.0, 0.3, True), (0.4, 0.01, False), (3.0, 1.5, False)],
    ids=["late", "early", "small", "uncertain"],
)
def test_which_clocks_are_wrong(offset_s, std_s, wrong):
    assert is_wrong(ClockEstimate("a", offset_s, std_s, 9.0)) is wrong


@pytest.mark.parametrize(
    ("offset_s", "std_s", "doubtful"),
    [(3.0, 1.2, True), (-3.0, 1.2, True), (3.0, 0.9, False), (0.4, 0.15, False), (3, 1.6, False)],
    ids=["late", "early", "certain", "small", "uncertain"],
)
def test_which_clocks_somebody_should_look_at(offset_s, std_s, doubtful):
    assert is_doubtful(ClockEstimate("a", offset_s, std_s, 9.0)) is doubtful


def test_a_clock_that_may_be_wrong_is_told_and_not_proposed(tmp_path):
    clocks = ClockEstimate("north", 0.0, 0.3, 20), ClockEstimate("south", -3.0, 1.2, 20)
    with city_store(tmp_path) as store:
        put_camera_graph(store, CameraGraph(GRAPH.links, clocks))
    output = invoke("--run", tmp_path, "--yaml", tmp_path / "learned.yaml")
    assert "-3.0 s" in output
    assert "perhaps wrong: compare the images" in output
    assert "cameras" not in yaml.safe_load((tmp_path / "learned.yaml").read_text())


def test_offsets_add_to_those_that_are_set():
    cameras = [camera("north"), camera("south", clock_offset_s=1.0)]
    (one,) = propose_clocks(cameras, GRAPH)
    assert (one.camera_id, one.before, one.after) == ("south", 1.0, -2.0)


def test_proposed_links_are_those_of_clocks_that_are_right():
    """South's clock is fast by 3 s: from north it really takes 3 s less, and back 3 s more."""
    clocks = propose_clocks([camera("north"), camera("south")], GRAPH)
    there, back = in_true_time(GRAPH.links, clocks)
    assert there.quantiles_s == (7.0, 9.0, 11.0, 13.0, 17.0)
    assert back.quantiles_s == (-3.0, 0.0, 1.0, 2.0, 7.0)
    assert (there.mean_s, back.mean_s) == pytest.approx((11.2, 17.2))
    assert in_true_time(GRAPH.links, []) == list(GRAPH.links)


def test_only_a_wrong_clock_makes_cameras_overlap():
    """South's clock is slow by 30 s: vehicles seem to reach it before they left the north."""
    seen = link("north", "south", -20.0, -18.0, -16.0, -14.0, -10.0, overlap=True)
    slow = ClockEstimate("south", 30.0, 0.2, 23.4)
    clocks = propose_clocks([camera("north"), camera("south")], CameraGraph((seen,), (slow,)))
    (one,) = propose_links(in_true_time([seen], clocks))
    assert (one.overlap, one.travel_time_s) == (False, (8.0, 23.0))


@pytest.mark.parametrize("links", [(), GRAPH.links[:1], GRAPH.links], ids=["none", "one", "many"])
def test_the_text_is_a_part_of_a_configuration(links):
    text = as_yaml(propose_links(links), propose_clocks([camera("south")], GRAPH))
    assert "  - {id: south, clock_offset_s: -3}  # was 0" in text
    edit = yaml.safe_load(text)
    changes = {one["id"]: one for one in edit["cameras"]}
    cameras = [
        {"id": name, "source": f"{name}.mp4"} | changes.get(name, {}) for name in ("north", "south")
    ]
    config = RunConfig.model_validate({"cameras": cameras, "links": edit["links"]})
    assert config.cameras[1].clock_offset_s == -3.0
    assert config.links == propose_links(links)


# ------------------------------------------------------------------ the picture


@pytest.mark.parametrize("cameras", [[], ["a"], ["a", "b"], list("abcdefgh")], ids=len)
def test_cameras_lie_inside_the_picture_apart(cameras):
    links = [link(a, b) for a, b in pairwise(cameras)]
    places = lay_out(cameras, links)
    assert places.shape == (len(cameras), 2)
    assert np.isfinite(places).all()
    assert ((places >= 0) & (places <= [960, 640])).all()
    for i, place in enumerate(places):
        assert (np.hypot(*(places[:i] - place).T) > 40).all()


def test_near_cameras_are_near():
    near = link("a", "b", 1, 2, 3, 4, 5)
    far = link("b", "c", 60, 80, 100, 120, 140)
    a, b, c = lay_out(["a", "b", "c"], [near, far])
    assert np.hypot(*(a - b)) < np.hypot(*(b - c)) < np.hypot(*(a - c))


def test_a_picture_names_everything_and_cannot_be_broken():
    evil = "<b>&"
    graph = CameraGraph((link("north", evil),), GRAPH.clocks)
    text = draw_graph(["north", evil, "south"], graph, wrong=["south"])
    words = "".join(ElementTree.fromstring(text).itertext())
    for expected in ("north", evil, "14 s · 23", "clock -3.0 s"):
        assert expected in words


def test_a_graph_without_ways_is_drawn():
    assert "north" in draw_graph(["north"], CameraGraph())


DEMO = (
    link("camA4", "camA3", -6.5, -3.1, -2.4, -1.7, -1.1, overlap=True),
    link("camA3", "camA2", 2.8, 4.3, 5.0, 13.5, 24.5),
    link("camA4", "camA2", -3.8, -3.0, -0.3, 2.6, 8.2, overlap=True),
    link("camA2", "camA1", 7.9, 8.2, 9.7, 17.0, 48.3),
    link("camA1", "camA4", 12.7, 23.9, 26.8, 29.3, 33.1),
    link("camA2", "camA4", -2.4, -0.2, 1.3, 1.9, 5.5),
    link("camA1", "camA2", 9.1, 14.7, 14.9, 16.9, 25.2),
    link("camA3", "camA4", -7.9, -3.2, -2.0, -1.6, -1.6, overlap=True),
    link("camA2", "camA3", -0.1, 9.9, 10.9, 15.5, 15.5),
)
"""What the demo's cameras have learned of each other."""


def boxes_of(picture: str, kind: str) -> list[tuple[float, float, float, float]]:
    found = []
    for one in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}rect"):
        if one.get("class", "").startswith(kind):
            x, y, width, height = (float(one.attrib[k]) for k in ("x", "y", "width", "height"))
            found.append((x, y, x + width, y + height))
    return found


@pytest.mark.parametrize(
    "links",
    [
        pytest.param((), id="none"),
        pytest.param((link("a", "b"),), id="one"),
        pytest.param((link("a", "b"), link("b", "a")), id="both ways"),
        pytest.param(DEMO, id="the demo's"),
        pytest.param(tuple(link(a, b) for a, b in permutations("abcde", 2)), id="all of five"),
    ],
)
def test_no_label_covers_another_or_a_camera(links):
    cameras = sorted({name for one in links for name in (one.from_camera, one.to_camera)})
    picture = draw_graph(cameras, CameraGraph(links))
    labels = boxes_of(picture, "halo")
    assert len(labels) == len(links)
    for a, b in combinations([*labels, *boxes_of(picture, "camera")], 2):
        assert min(a[2], b[2]) <= max(a[0], b[0]) or min(a[3], b[3]) <= max(a[1], b[1])
    assert all(0 <= x1 < x2 <= 960 and 0 <= y1 < y2 <= 640 for x1, y1, x2, y2 in labels)


def test_the_picture_is_as_high_as_what_is_in_it():
    picture = draw_graph(["camA1", "camA2", "camA3", "camA4"], CameraGraph(DEMO))
    _, top, _, height = map(float, ElementTree.fromstring(picture).attrib["viewBox"].split())
    drawn = np.array(boxes_of(picture, "camera") + boxes_of(picture, "halo"))
    assert top < drawn[:, 1].min() < top + 60
    assert top + height - 100 < drawn[:, 3].max() < top + height


def test_long_names_stay_in_their_boxes_and_these_in_the_picture():
    names = ["intersection-of-main-street-and-broadway-1", "north-bridge-east-2"]
    picture = draw_graph(names, CameraGraph((link(*names),)))
    texts = [
        "".join(one.itertext())
        for one in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")
        if one.get("class") == "name"
    ]
    assert texts == ["intersectio…broadway-1", "north-bridge-east-2"]
    for text, (x1, _, x2, _) in zip(texts, boxes_of(picture, "camera"), strict=True):
        assert x1 >= 0
        assert x2 <= 960
        assert x2 - x1 > 8 * len(text)


def test_labels_are_at_their_curve():
    curves = np.array([[[100.0, 100.0], [200.0, 50.0], [300.0, 100.0]]])
    (box,) = place_labels(
        curves, np.array([[40.0, 17.0]]), np.zeros((0, 4)), picture_wh=(400.0, 300.0)
    )
    # At a share s of the curve: x = 100 + 200 s, y = 100 - 100 s (1 - s).
    share = ((box[0] + box[2]) / 2 - 100) / 200
    assert 0.2 <= share <= 0.5
    assert (box[1] + box[3]) / 2 == pytest.approx(100 - 100 * share * (1 - share))


# ------------------------------------------------------------------ the command


def test_the_command_shows_all_of_it(run, tmp_path):
    output = invoke("--run", run, "--yaml", tmp_path / "learned.yaml")
    assert "10.0 s   12.0 s   14.0 s   16.0 s   20.0 s   no" in output
    assert "-3.0 s" in output
    assert "clock_offset_s: -3" in output
    assert (run / "links.svg").read_text().startswith("<svg")
    assert yaml.safe_load((tmp_path / "learned.yaml").read_text())["links"]


def test_nothing_learned_is_no_error(tmp_path):
    with city_store(tmp_path / "run") as store:
        put_camera_graph(store, CameraGraph())
    output = invoke("--run", tmp_path / "run", "--picture", tmp_path / "x.svg")
    assert "No link was learned" in output
    assert (tmp_path / "x.svg").exists()


@pytest.mark.parametrize(("names", "code"), [(["north", "south"], 0), (["north"], 2)])
def test_the_proposal_must_fit_the_configuration(run, tmp_path, names, code):
    cameras = [{"id": name, "source": f"{name}.mp4"} for name in names]
    for name in names:
        (tmp_path / f"{name}.mp4").touch()
    (tmp_path / "cams.yaml").write_text(yaml.safe_dump({"cameras": cameras}))
    output = invoke("--run", run, "--cams", tmp_path / "cams.yaml", code=code)
    assert ("camera 'south' is not in it; known: north" in output) == (code == 2)


def test_a_run_that_kept_nothing_is_one_line(tmp_path):
    city_store(tmp_path / "run").close()
    assert "error:" in invoke("--run", tmp_path / "run", code=4)
