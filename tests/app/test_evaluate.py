from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.evaluate import app
from app.storage.store import Store
from tests.app.footage import write_video
from tests.app.stores import camera, city_store

# Two vehicles pass cameras a and b, one after the other, ten frames each.
TRUTH = {
    "a": [(f, v, 100 * v) for f in range(1, 11) for v in (1, 2)],
    "b": [(f, v, 100 * v) for f in range(1, 11) for v in (1, 2)],
}
Rows = dict[str, list[tuple[int, int, int]]]


def write(folder: Path, cameras: Rows) -> None:
    folder.mkdir(parents=True)
    for name, rows in cameras.items():
        lines = [f"{f},{i},{x},0,40,30,1,car,1\n" for f, i, x in rows]
        (folder / f"{name}.txt").write_text("".join(lines), encoding="utf-8")


def scored(
    tmp_path: Path, run: Rows, *options: str, small: Rows | None = None, truth: Rows = TRUTH
) -> Result:
    write(tmp_path / "truth" / "gt", truth)
    if small is not None:
        write(tmp_path / "truth" / "gt_all", {c: TRUTH[c] + small.get(c, []) for c in TRUTH})
    write(tmp_path / "run" / "tracks", run)
    where = ["--run", str(tmp_path / "run"), "--truth", str(tmp_path / "truth")]
    return CliRunner().invoke(app, [*where, "--json", str(tmp_path / "scores.json"), *options])


def numbers(tmp_path: Path) -> dict[str, dict[str, float | None]]:
    found = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    return {**found["cameras"], "together": found["together"]}


def renamed(rows: list[tuple[int, int, int]], **names: int) -> list[tuple[int, int, int]]:
    return [(f, names.get(f"v{i}", i), x) for f, i, x in rows]


def test_right_run_scores_one_everywhere(tmp_path: Path) -> None:
    result = scored(tmp_path, TRUTH)
    assert result.exit_code == 0, result.output
    assert "all cameras" in result.output
    for scores in numbers(tmp_path).values():
        assert (scores["idf1"], scores["hota"], scores["mota"]) == (1, 1, 1)


def test_vehicle_not_recognised_in_the_second_camera(tmp_path: Path) -> None:
    assert scored(tmp_path, {"a": TRUTH["a"], "b": renamed(TRUTH["b"], v2=9)}).exit_code == 0
    scores = numbers(tmp_path)
    assert scores["a"]["idf1"] == scores["b"]["idf1"] == 1
    # Identities 2 and 9 are in one camera each and left out: 20 of 40 boxes, none of them wrong.
    assert scores["together"]["idp"] == 1
    assert scores["together"]["idr"] == 0.5
    # Splits are looked for among all identities, in whatever number of cameras they are.
    assert scores["together"]["split"] == [
        {"id": 2, "boxes": {"2": 10, "9": 10}, "wrong_boxes": 10}
    ]


@pytest.mark.parametrize(
    ("run", "false"),
    [
        pytest.param({"a": TRUTH["a"], "b": renamed(TRUTH["b"], v1=8, v2=9)}, 0, id="right"),
        pytest.param({"a": TRUTH["a"], "b": renamed(TRUTH["b"], v1=8)}, 20, id="a wrong match"),
    ],
)
def test_without_a_vehicle_in_two_cameras_there_is_nothing_to_score(
    tmp_path: Path, run: Rows, false: int
) -> None:
    truth = {"a": TRUTH["a"], "b": renamed(TRUTH["b"], v1=3, v2=4)}
    result = scored(tmp_path, run, truth=truth)
    assert result.exit_code == 0, result.output
    (row,) = [line.split() for line in result.output.splitlines() if "all cameras  " in line]
    assert row[2:] == 7 * ["–"] + ["0", "0", str(false // 20)]
    last = "all cameras: nothing to score, the truth has no vehicle that passes 2 cameras or more"
    told = f"{last}; {false} boxes of such identities in the run are false" if false else last
    assert result.output.splitlines()[-1] == told
    scores = numbers(tmp_path)
    assert scores["a"]["idf1"] == 1
    shares = ("idf1", "idp", "idr", "hota", "deta", "assa", "mota")
    assert [scores["together"][name] for name in shares] == 7 * [None]
    assert (scores["together"]["truth_boxes"], scores["together"]["fp"]) == (0, false)


def test_a_camera_without_a_true_vehicle_has_no_score(tmp_path: Path) -> None:
    truth = {"a": TRUTH["a"], "b": []}
    result = scored(tmp_path, truth, "--min-cameras", "1", truth=truth)
    assert result.exit_code == 0, result.output
    assert "nothing to score" not in result.output
    scores = numbers(tmp_path)
    assert [scores[name]["idf1"] for name in ("a", "b", "together")] == [1, None, 1]


def test_all_identities_count_when_asked(tmp_path: Path) -> None:
    run = {"a": TRUTH["a"], "b": renamed(TRUTH["b"], v2=9)}
    assert scored(tmp_path, run, "--min-cameras", "1").exit_code == 0
    assert numbers(tmp_path)["together"]["idf1"] == pytest.approx(30 / 40)


def test_boxes_on_small_vehicles_are_no_mistakes_unless_asked(tmp_path: Path) -> None:
    small = {"a": [(f, 3, 500) for f in range(1, 11)]}
    run = {"a": TRUTH["a"] + small["a"], "b": TRUTH["b"]}
    assert scored(tmp_path / "1", run, small=small).exit_code == 0
    assert numbers(tmp_path / "1")["a"]["fp"] == 0
    assert scored(tmp_path / "2", run, "--no-ignore-small", small=small).exit_code == 0
    assert numbers(tmp_path / "2")["a"]["fp"] == 10


def test_run_without_a_vehicle_is_scored(tmp_path: Path) -> None:
    result = scored(tmp_path, {"a": [], "b": []})
    assert result.exit_code == 0, result.output
    assert numbers(tmp_path)["together"]["idf1"] == 0


def test_region_of_interest(tmp_path: Path) -> None:
    cams = tmp_path / "cams.yaml"
    corners = "[[0, 0], [160, 0], [160, 90], [0, 90]]"
    cams.write_text(
        "cameras:\n"
        + "".join(f"  - {{id: {c}, source: rtsp://host/{c}, roi: {corners}}}\n" for c in "ab"),
        encoding="utf-8",
    )
    # Vehicle 2 (x 200 to 240) is outside, so that its new name does no harm.
    run = {"a": TRUTH["a"], "b": renamed(TRUTH["b"], v2=9)}
    result = scored(tmp_path, run, "--cams", str(cams))
    assert result.exit_code == 0, result.output
    assert numbers(tmp_path)["together"]["idf1"] == 1
    assert numbers(tmp_path)["together"]["truth_boxes"] == 20


def test_a_region_of_another_place_is_said(tmp_path: Path, caplog) -> None:
    cams, entry = tmp_path / "cams.yaml", "{{id: {}, source: rtsp://host/1{}}}"
    entries = [entry.format("a", ", roi: [[900, 0], [960, 0], [960, 90]]"), entry.format("b", "")]
    cams.write_text(f"cameras: [{', '.join(entries)}]")
    assert scored(tmp_path / "1", TRUTH, "--cams", str(cams)).exit_code == 0
    assert "camera a: none of the truth's boxes is in the region" in caplog.text
    cams.write_text(f"cameras: [{entries[0]}]")
    result = scored(tmp_path / "2", TRUTH, "--cams", str(cams))
    assert result.exit_code == 2
    assert f"{cams}: the truth's cameras b are not in it; known: a" in result.output


def test_one_camera_is_all_cameras(tmp_path: Path) -> None:
    write(tmp_path / "truth", {"a": TRUTH["a"]})
    write(tmp_path / "run", {"a": TRUTH["a"]})
    where = ["--run", str(tmp_path / "run"), "--truth", str(tmp_path / "truth")]
    result = CliRunner().invoke(app, where)
    assert "all cameras   1.000" in result.output


def test_a_truth_without_a_box_is_none(tmp_path: Path) -> None:
    write(tmp_path / "truth", {"a": [], "b": []})
    write(tmp_path / "run", TRUTH)
    where = ["--run", str(tmp_path / "run"), "--truth", str(tmp_path / "truth")]
    result = CliRunner().invoke(app, where)
    assert result.exit_code == 2
    assert "no boxes in this ground truth" in result.output


def test_only_the_beginning(tmp_path: Path) -> None:
    run = {camera: [row for row in rows if row[0] <= 3] for camera, rows in TRUTH.items()}
    assert scored(tmp_path, run, "--max-frames", "3").exit_code == 0
    assert numbers(tmp_path)["together"]["idf1"] == 1


def test_what_was_known_at_the_time_is_scored_too(tmp_path: Path) -> None:
    write(tmp_path / "run" / "tracks_online", {"a": TRUTH["a"], "b": renamed(TRUTH["b"], v2=9)})
    result = scored(tmp_path, TRUTH)
    assert result.exit_code == 0, result.output
    assert "online" in result.output
    found = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert (found["together"]["idr"], found["online"]["idr"]) == (1, 0.5)


def test_worst_errors_are_drawn_where_there_is_a_store(tmp_path: Path) -> None:
    # The store knows identity 1 in both cameras, and 3 in the south.
    with city_store(tmp_path / "run"):
        pass
    for side, south in (("truth", 1), ("run/tracks", 3)):
        rows = {"north": [(f, 1, 0) for f in range(4, 25)]}
        rows["south"] = [(f, south, 0) for f in range(4, 25)]
        write(tmp_path / side, rows)
    where = ["--run", str(tmp_path / "run"), "--truth", str(tmp_path / "truth")]
    result = CliRunner().invoke(app, [*where, "--max-frames", "24"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "run" / "identity_errors.jpg").is_file()
    assert "identity_errors.jpg" in result.output


def test_submission_is_written_and_scored(tmp_path: Path) -> None:
    write(tmp_path / "run" / "tracks", TRUTH)
    text = str(tmp_path / "track1.txt")
    written = CliRunner().invoke(app, ["--run", str(tmp_path / "run"), "--cityflow", text])
    assert written.exit_code == 0, written.output
    assert "1 = a, 2 = b" in written.output
    write(tmp_path / "truth" / "gt", TRUTH)
    for truth in (str(tmp_path / "truth"), text):
        for run in (str(tmp_path / "run"), text):
            result = CliRunner().invoke(app, ["--run", run, "--truth", truth])
            assert result.exit_code == 0, result.output
            assert "all cameras   1.000" in result.output


def test_folders_as_cityflow_has_them(tmp_path: Path) -> None:
    for name, rows in TRUTH.items():
        write(tmp_path / "truth" / name / "gt", {"gt": rows})
    write(tmp_path / "run" / "tracks", TRUTH)
    where = ["--run", str(tmp_path / "run"), "--truth", str(tmp_path / "truth")]
    result = CliRunner().invoke(app, where)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("run", "message"),
    [
        pytest.param({"a": TRUTH["a"]}, "cameras a, b in the truth, a in the run", id="missing"),
        pytest.param({**TRUTH, "c": []}, "a, b in the truth, a, b, c in the run", id="too many"),
        pytest.param({**TRUTH, "a": [(21, 1, 0)]}, "camera a has frames up to 21", id="goes on"),
        pytest.param(
            {"a": [(3, 1, 100)], "b": [(4, 1, 100)]}, "the run ends at frame 4", id="cut short"
        ),
        pytest.param({**TRUTH, "a": [(1, 1, 0), (1, 1, 9)]}, "twice in frame 1", id="twice"),
        pytest.param({}, "no MOT files", id="no tracks"),
    ],
)
def test_run_that_does_not_fit_is_one_line(tmp_path: Path, run: Rows, message: str) -> None:
    result = scored(tmp_path, run)
    assert result.exit_code == 2
    assert message in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert not (tmp_path / "scores.json").exists()


def test_a_run_that_was_killed_has_no_tracks_to_score(tmp_path: Path) -> None:
    city_store(tmp_path / "run").close()
    write(tmp_path / "truth", TRUTH)
    where = ["--run", str(tmp_path / "run"), "--truth", str(tmp_path / "truth")]
    result = CliRunner().invoke(app, where)
    assert result.exit_code == 4
    assert "the run has not finished, so that there are no tracks" in result.output
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("frames", "options", "fits"),
    [
        pytest.param(10, [], True, id="as many"),
        pytest.param(12, [], False, id="more in the truth"),
        pytest.param(8, [], False, id="more in the run"),
        pytest.param(12, ["--max-frames", "8"], True, id="only the beginning"),
    ],
)
def test_other_number_of_frames_is_one_line(
    tmp_path: Path, frames: int, options: list[str], *, fits: bool
) -> None:
    with Store.create(tmp_path / "run") as store:
        for name in TRUTH:
            store.put_camera(camera(name, frames=10))
    for name in TRUTH:
        (tmp_path / "truth").mkdir(exist_ok=True)
        write_video(tmp_path / "truth" / f"{name}.mp4", [100 * f for f in range(frames)])
    some = {name: [row for row in rows if row[0] <= 8] for name, rows in TRUTH.items()}
    result = scored(tmp_path, some, *options)
    assert result.exit_code == (0 if fits else 2), result.output
    if not fits:
        assert f"camera a has {frames} frames in the truth, 10 in the run" in result.output
        for side in ("truth", "run"):
            assert str(tmp_path / side) in result.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param([], "give the truth with --truth", id="nothing to do"),
        pytest.param(["--truth", "TRUTH", "--sheet", "x.jpg"], "has no store", id="no pictures"),
        pytest.param(["--cityflow", "x.txt", "--json", "x"], "give the truth", id="no scores"),
        pytest.param(
            ["--truth", "TRUTH", "--json", "x", "--cityflow", "x"], "two outputs", id="one file"
        ),
        pytest.param(
            ["--truth", "TRUTH", "--json", "x", "--cams", "x"], "command reads it", id="read"
        ),
    ],
)
def test_options_that_do_not_fit(tmp_path: Path, options: list[str], message: str) -> None:
    write(tmp_path / "truth" / "gt", TRUTH)
    write(tmp_path / "run" / "tracks", TRUTH)
    given = [str(tmp_path / "truth") if option == "TRUTH" else option for option in options]
    result = CliRunner().invoke(app, ["--run", str(tmp_path / "run"), *given])
    assert result.exit_code in (2, 5)
    assert message in result.output
    assert not Path("x").exists()


def test_missing_folders_are_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--run", str(tmp_path), "--truth", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "no such folder" in result.output
