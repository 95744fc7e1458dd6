"""The page of all cameras."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.search.search_log import RECORDED_KEY, read
from app.storage.coverage import put_configured, put_outages
from app.storage.run_folder import RunFolder
from app.storage.run_state import mark_tracked
from app.storage.store import Store
from tests.app.browsing.conftest import Browse
from tests.app.stores import START, box, camera


def cards(client: TestClient, address: str = "/cameras") -> dict[str, str]:
    """What the page shows of each camera, by its name."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    found = re.findall(r'<article class="card">.*?</article>', answer.text, re.DOTALL)
    return {re.findall("<h3>([^<]*)</h3>", one)[0]: unescape(one) for one in found}


def test_each_camera_shows_a_picture_and_how_much_it_saw(browse: Browse, run: Path) -> None:
    client = browse(run)
    north = cards(client, "/cameras?sighting=north:1&camera=south")["north"]
    assert 'src="data:image/jpeg;base64,' in north
    assert "2026-05-04 08:30:00.0 – 08:30:07.9" in north
    assert "2 sightings of 1 identity" in north
    assert "not watching" not in north
    # On to the paused camera, and to the search filtered by it.
    assert 'href="/view?sighting=north%3A1&camera=south&of=north"' in north
    assert 'href="/?sighting=north%3A1&camera=north"' in north
    assert "1 sighting of 1 identity" in cards(client)["south"]


def test_a_camera_without_a_recording_says_why_there_is_no_picture(
    browse: Browse, run: Path
) -> None:
    (run.parent / "north.mp4").unlink()
    shown = cards(browse(run))
    assert "No picture: camera south: was live, and has no recording" in shown["south"]
    assert "north.mp4: no such file" in shown["north"]
    assert not any("<img" in card for card in shown.values())


def test_a_recording_that_is_there_again_has_a_picture(browse: Browse, run: Path) -> None:
    client = browse(run)
    recording = run.parent / "north.mp4"
    away = recording.rename(run.parent / "away.mp4")
    assert "<img" not in cards(client)["north"]
    away.rename(recording)
    assert "<img" in cards(client)["north"]
    # Read once.
    recording.rename(away)
    assert "<img" in cards(client)["north"]


def test_when_a_camera_did_not_watch(browse: Browse, run: Path) -> None:
    with Store.open(run, readonly=False) as store:
        put_configured(store, ["north", "south", "west", "gate"])
        put_outages(store, "south", [(START + 2, START + 6)])
        late = {"frames": 100, "first_timestamp": START + 30, "last_timestamp": START + 95}
        store.put_camera(camera("gate", live=True, **late))
        store.commit()
    shown = cards(browse(run))
    assert list(shown) == ["north", "south", "west", "gate"]
    assert "not watching 08:30:02 – 08:30:06 (lost), from 08:30:08 (lost)" in shown["south"]
    assert "not watching until 08:30:30" in shown["gate"]
    assert "few frames: 1.5 a second; vehicles are missed there" in shown["gate"]
    assert "not watching at any time" in shown["west"]
    assert "No picture: no frame was received" in shown["west"]
    assert "href" not in shown["west"]


def test_a_run_of_an_earlier_version_does_not_know_its_outages(browse: Browse, run: Path) -> None:
    assert "did not record when cameras were lost" in browse(run).get("/cameras").text


@pytest.mark.parametrize("times", [1, 2])
def test_what_is_in_view_is_recorded(browse: Browse, run: Path, times: int) -> None:
    with Store.open(run, readonly=False) as store:
        store.set_meta(RECORDED_KEY, True)
        store.append_boxes([box(0, 1)])
        store.commit()
    client = browse(run, by="jo", reason="case 114")
    for _ in range(times):
        cards(client)
    kept = read(RunFolder(run).searches).searches
    assert [(one.by, one.sightings) for one in kept] == [("jo", (1,))] * times


def test_a_run_without_a_camera_yet(browse: Browse, tmp_path: Path) -> None:
    Store.create(tmp_path / "new").close()
    assert cards(browse(tmp_path / "new")) == {}


def test_several_runs_have_cameras_each(browse: Browse, monday: Path, tuesday: Path) -> None:
    client = browse(monday, tuesday)
    assert list(cards(client)) == ["monday/north", "monday/south", "tuesday/north", "tuesday/south"]
    assert "<h2>monday</h2>" in client.get("/cameras").text
    assert "camera=north" in cards(client)["tuesday/north"]


def test_recordings_that_were_not_read_to_their_end(browse: Browse, run: Path) -> None:
    told = "stopped early: the recordings were read until 2026-05-04 08:3"
    assert told not in browse(run).get("/cameras").text
    with Store.open(run, readonly=False) as store:
        mark_tracked(store, cut_short=True)
        store.commit()
    assert told in browse(run).get("/cameras").text
