from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from app.errors import OutputError
from app.results.summary import refresh_summary, summarize, write_summary
from app.storage.store import Store
from tests.app.stores import START, camera, city_store


def summary(store: Store, **options: object) -> dict:
    known = {"stage_seconds": {}, "crops_embedded": 0, "warnings": [], "complete": True}
    with store:
        return summarize(store, **(known | options))


def test_a_run_in_numbers(tmp_path: Path):
    found = summary(
        city_store(tmp_path),
        stage_seconds={"detect": 6.0, "track": 3.0, "draw": 1.0},
        crops_embedded=120,
        warnings=["camera south: breaks off"],
    )
    expected = {
        "scantrack": version("scantrack"),
        "complete": True,
        "frames": 900,
        "vehicles": 4,
        "identities": 3,
        "identities_in_two_or_more_cameras": 1,
        "stream_seconds": 60.0,
        "crops_embedded": 120,
        "crops_embedded_per_stream_second": 2.0,
        "seconds": 10.0,
        "frames_per_second": 90.0,
        "warnings": ["camera south: breaks off"],
    }
    assert {key: found[key] for key in expected} == expected
    assert found["cameras"]["south"] == {
        "frames": 300,
        "first_timestamp": START,
        "last_timestamp": START + 60,
    }
    assert list(found["cameras"]) == ["north", "south"]
    assert found["stages"] == {
        "detect": {"seconds": 6.0, "share": 0.6, "frames_per_second": 150.0},
        "track": {"seconds": 3.0, "share": 0.3, "frames_per_second": 300.0},
        "draw": {"seconds": 1.0, "share": 0.1, "frames_per_second": 900.0},
    }


@pytest.mark.parametrize("cameras", [0, 1])
def test_a_run_that_saw_nothing(tmp_path: Path, cameras: int):
    store = Store.create(tmp_path)
    for _ in range(cameras):
        store.put_camera(camera("a", frames=0, first_timestamp=None, last_timestamp=None))
    found = summary(store, stage_seconds={"read": 0.0}, complete=False)
    assert found["complete"] is False
    counts = ("frames", "vehicles", "identities", "identities_in_two_or_more_cameras")
    assert [found[key] for key in counts] == [0, 0, 0, 0]
    assert (found["stream_seconds"], found["frames_per_second"]) == (0.0, None)
    assert found["stages"]["read"] == {"seconds": 0.0, "share": 0.0, "frames_per_second": None}
    assert len(found["cameras"]) == cameras


def test_what_is_written_is_read_again(tmp_path: Path):
    found = summary(city_store(tmp_path), stage_seconds={"read": 0.1})
    write_summary(tmp_path / "summary.json", found)
    assert json.loads((tmp_path / "summary.json").read_text()) == found


def test_a_place_that_cannot_be_written_to(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"summary\.json"):
        write_summary(tmp_path / "file" / "summary.json", {})


def test_counts_are_brought_up_to_date_and_the_rest_stays(tmp_path):
    path = tmp_path / "summary.json"
    with city_store(tmp_path / "run") as store:
        refresh_summary(path, store)
        assert not path.exists()
        write_summary(path, {"frames": 7, "identities": 0})
        refresh_summary(path, store)
        assert json.loads(path.read_text()) == {
            "frames": 7,
            "identities": 3,
            "identities_in_two_or_more_cameras": 1,
        }
        path.write_text("{")
        with pytest.raises(OutputError, match=r"summary\.json: cannot be read"):
            refresh_summary(path, store)
