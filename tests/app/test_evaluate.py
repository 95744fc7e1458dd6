from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.evaluate import app

# Two vehicles pass cameras a and b, one after the other, ten frames each.
TRUTH = {
    "a": [(f, v, 100 * v) for f in range(1, 11) for v in (1, 2)],
    "b": [(f, v, 100 * v) for f in range(1, 11) for v in (1, 2)],
}
Rows = dict[str, list[tuple[int, int, int]]]


def write(folder: Path, cameras: Rows) -> None:
    folder.mkdir(parents=True)
    for camera, rows in cameras.items():
        lines = [f"{f},{i},{x},0,40,30,1,car,1\n" for f, i, x in rows]
        (folder / f"{camera}.txt").write_text("".join(lines), encoding="utf-8")


def scored(tmp_path: Path, run: Rows, *options: str, small: Rows | None = None) -> Result:
    write(tmp_path / "truth" / "gt", TRUTH)
    if small is not None:
        write(tmp_path / "truth" / "gt_all", {c: TRUTH[c] + small.get(c, []) for c in TRUTH})
    write(tmp_path / "run" / "tracks", run)
    where = ["--run", str(tmp_path / "run"), "--truth", str(tmp_path / "truth")]
    return CliRunner().invoke(app, [*where, "--json", str(tmp_path / "scores.json"), *options])


def numbers(tmp_path: Path) -> dict[str, dict[str, float]]:
    found = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    return {**found["cameras"], "together": found["together"]}


def renamed(rows: list[tuple[int, int, int]], **names: int) -> list[tuple[int, int, int]]:
    return [(f, names.get(f"v{i}", i), x) for f, i, x in rows]


def test_right_run_scores_one_everywhere(tmp_path: Path) -> None:
    result = scored(tmp_path, TRUTH)
    assert result.exit_code == 0, result.output
    assert "all together" in result.output
    for scores in numbers(tmp_path).values():
        assert (scores["idf1"], scores["hota"], scores["mota"]) == (1, 1, 1)


def test_vehicle_not_recognised_in_the_second_camera(tmp_path: Path) -> None:
    assert scored(tmp_path, {"a": TRUTH["a"], "b": renamed(TRUTH["b"], v2=9)}).exit_code == 0
    scores = numbers(tmp_path)
    assert scores["a"]["idf1"] == scores["b"]["idf1"] == 1
    # Identities 2 and 9 are in one camera each and left out: 20 of 40 boxes, none of them wrong.
    assert scores["together"]["idp"] == 1
    assert scores["together"]["idr"] == 0.5
    assert scores["together"]["split"] == []


def test_all_identities_count_when_asked(tmp_path: Path) -> None:
    run = {"a": TRUTH["a"], "b": renamed(TRUTH["b"], v2=9)}
    assert scored(tmp_path, run, "--min-cameras", "1").exit_code == 0
    together = numbers(tmp_path)["together"]
    assert together["idf1"] == pytest.approx(30 / 40)
    assert together["split"] == [2]


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


def test_only_the_beginning(tmp_path: Path) -> None:
    run = {camera: [row for row in rows if row[0] <= 3] for camera, rows in TRUTH.items()}
    assert scored(tmp_path, run, "--max-frames", "3").exit_code == 0
    assert numbers(tmp_path)["together"]["idf1"] == 1


@pytest.mark.parametrize(
    ("run", "message"),
    [
        pytest.param({"a": TRUTH["a"]}, "different cameras: a, b in the truth", id="one missing"),
        pytest.param({**TRUTH, "c": []}, "different cameras", id="one too many"),
        pytest.param({**TRUTH, "a": [(11, 1, 0)]}, "a has frame 11 in the run", id="goes on"),
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


def test_missing_folders_are_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--run", str(tmp_path), "--truth", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "no such folder" in result.output
