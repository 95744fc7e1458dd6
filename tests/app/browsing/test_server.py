from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from app.errors import ConfigError
from app.running import models
from app.search.search_log import RECORDED_KEY, read
from app.storage.run_folder import RunFolder
from app.storage.run_state import mark_tracked
from app.storage.store import Store
from tests.app.browsing.conftest import KEY, Browse
from tests.app.browsing.reading import links, page
from tests.app.stores import START


def names(text: str) -> list[str]:
    """Sightings that a page lists, in their order."""
    return re.findall(r"<span>\w+ · ([^<]*)</span>", text)


def identities(text: str) -> list[str]:
    return re.findall(r"<h3>(?:<a[^>]*>)?Identity ([^<]*)<", text)


def marks(text: str) -> list[tuple[str, str]]:
    """Numbers beside the boxes in a picture, and how far from its left side each is."""
    found = re.findall(r'<b style="left:([^;]*);[^"]*" aria-hidden="true">(\d+)</b>', text)
    return [(number, left) for left, number in found]


def headings(text: str) -> str:
    return re.findall(r"<h1>([^<]*)</h1>", text)[0]


@pytest.mark.parametrize("address", ["/", "/view?of=north", "/clip.mp4?of=0-1-50", "/browse.js"])
def test_nothing_is_shown_without_the_key(browse: Browse, run: Path, address: str) -> None:
    client = browse(run)
    client.cookies.clear()
    for wrong in (address, f"{address}{'&' if '?' in address else '?'}key=guess"):
        answer = client.get(wrong)
        assert answer.status_code == 403
        assert "Open the address that app.browse printed" in answer.text


def test_the_key_moves_from_the_address_into_a_cookie(browse: Browse, run: Path) -> None:
    client = browse(run)
    client.cookies.clear()
    answer = client.get(f"/?camera=north&key={KEY}", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/?camera=north")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert client.get("/").status_code == 200


def test_a_page_of_another_name_is_not_answered(browse: Browse, run: Path) -> None:
    answer = browse(run).get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "Identity" not in answer.text


def test_all_vehicles_are_listed_and_filtered(browse: Browse, run: Path) -> None:
    client = browse(run)
    assert names(page(client, "/")) == ["north:1", "north:2", "south:1"]
    assert names(page(client, "/?camera=south")) == ["south:1"]
    assert identities(page(client, "/?top=1")) == ["1"]
    assert "The first 1 of 2 vehicles" in page(client, "/?top=1")
    assert names(page(client, "/?after=08:30:07.5")) == []
    times = page(client, "/").partition("<legend>Time</legend>")[2].partition("</fieldset>")[0]
    assert times.count("<input") == 2
    assert "Times are UTC." in times  # where they are typed, not at the end of the page alone
    assert "0 vehicles" in page(client, "/?class=bus")


def test_filters_are_taken_back_together(browse: Browse, run: Path) -> None:
    client = browse(run)
    filtered = page(client, "/?sighting=north:1&camera=south&class=car&top=48")
    assert '<a href="/?sighting=north%3A1&amp;top=48">Without filters</a>' in filtered
    assert "Without filters" not in page(client, "/?latest=yes&top=48")


def test_the_page_at_hand_is_marked_among_those_at_the_top(browse: Browse, run: Path) -> None:
    client = browse(run)
    for address, label in (
        ("/", "Vehicles"),
        ("/?sighting=north:1", "Search"),
        ("/cameras", "Cameras"),
        ("/view?of=north", "Cameras"),
        ("/convoys", "Travelling together"),
        ("/corrections", "Corrections"),
    ):
        assert re.findall('aria-current="page">([^<]*)<', page(client, address)) == [label]


def test_a_run_in_progress_is_looked_at_from_its_end(browse: Browse, run: Path) -> None:
    client = browse(run)
    still = page(client, "/?latest=yes")
    assert "Those in view last come first" in still
    assert 'http-equiv="refresh"' not in still
    (again,) = (one for one in links(still, "/") if "reload=yes" in one)
    reloading = page(client, again)
    assert '<meta http-equiv="refresh" content="10">' in reloading
    assert "/?latest=yes" in links(reloading, "/")
    with Store.open(run, readonly=False) as store:
        mark_tracked(store)
        store.commit()
    assert 'http-equiv="refresh"' not in page(client, again)


def test_a_search_is_refined_by_what_is_clicked(browse: Browse, run: Path) -> None:
    client = browse(run)
    listed = page(client, "/")
    search = next(one for one in links(listed, "/") if one == "/?sighting=north%3A1")
    found = page(client, search)
    assert names(found) == ["north:2", "south:1"]
    # Both are ruled out or confirmed with a click each.
    (wrong,) = {one for one in links(found, "/") if one.endswith("not=south%3A1")}
    refined = page(client, wrong)
    assert names(refined) == ["north:2"]
    (right,) = {one for one in links(refined, "/") if "sighting=north%3A2" in one}
    nothing = page(client, right)
    assert names(nothing) == []
    # And taken back.
    (back,) = {one for one in links(nothing, "/") if one == "/?sighting=north%3A1&not=south%3A1"}
    assert page(client, back) == refined


def test_a_vehicle_in_an_uploaded_picture_is_searched_for(
    browse: Browse, run: Path, picture: bytes
) -> None:
    client = browse(run, vehicles=[(20, 10, 120, 40)])
    found = client.post("/picture", files={"file": ("C:\\street.png", picture)})
    assert re.search(r"picture=[0-9a-f]{16}%40\d+%2C\d+%2C\d+%2C\d+$", str(found.url))
    assert names(found.text)[0] == "north:1"
    assert "street.png at 20,10,100,30" in found.text


def test_which_vehicle_is_asked_where_there_are_several_or_none(
    browse: Browse, run: Path, picture: bytes
) -> None:
    client = browse(run, vehicles=[(20, 10, 60, 40), (100, 10, 160, 60)])
    asked = client.post("/picture", data={"camera": "north"}, files={"file": ("a.png", picture)})
    assert headings(asked.text) == "Which vehicle?"
    choices = [one for one in links(asked.text, "/") if "picture=" in one]
    # Each in the picture and in the list below it; the filter stays.
    assert len(choices) == 4
    assert len(set(choices)) == 2
    assert all("camera=north" in one for one in choices)
    assert "at 100,10,60,50" in page(client, choices[0])
    # Which of them one in the list is, the numbers tell.
    assert re.findall(r"<title>(\d: \w+)", asked.text) == ["1: car", "2: car"]
    assert marks(asked.text) == [("1", "50.000%"), ("2", "10.000%")]
    (listed,) = re.findall(r"<ol>.*?</ol>", asked.text, re.DOTALL)
    assert links(listed, "/") == choices[:2]
    none = browse(run).post("/picture", files={"file": ("a.png", picture)})
    assert "No vehicle was found in a.png. Draw a box" in none.text


def test_a_box_can_be_drawn_where_there_is_no_detector(
    browse: Browse, run: Path, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ConfigError("the run's detector cannot be loaded; give its box")

    client = browse(run)
    monkeypatch.setattr(models, "load_detector", missing)
    asked = client.post("/picture", data={"camera": "north"}, files={"file": ("a.png", picture)})
    assert asked.status_code == 200
    assert "the run&#39;s detector cannot be loaded; give its box" in asked.text
    assert "Draw a box around the vehicle to search for" in asked.text
    assert "No vehicle was found" not in asked.text
    form = {"of": asked.url.params["of"], "box": "10,20,30,40"}
    assert "vehicle in a.png at 10,20,30,40" in client.post("/picture", data=form).text


def test_a_box_is_drawn_in_a_picture(browse: Browse, run: Path, picture: bytes) -> None:
    client = browse(run)
    key = client.post("/picture", files={"file": ("a.png", picture)}).url.params["of"]
    found = client.post("/picture", data={"of": key, "box": "10,20,30,40"})
    assert "vehicle in a.png at 10,20,30,40" in found.text
    for wrong in ("10,20", "500,20,30,40", "nonsense"):
        answer = client.post("/picture", data={"of": key, "box": wrong})
        assert answer.status_code == 400
        assert "box" in answer.text


def test_a_paused_camera_shows_its_vehicles(browse: Browse, run: Path) -> None:
    client = browse(run)
    shown = page(client, "/view?of=north&at=08:30:04&camera=north")
    assert headings(shown) == "north"
    assert '<rect x="10" y="20" width="30" height="40"' in shown
    assert set(links(shown, "/sighting")) == {"/sighting?camera=north&of=north%3A1"}
    assert marks(shown) == [("1", "15.625%")]
    # On from there, a second later.
    later = next(one for one in links(shown, "/view") if one.endswith(f"at={START + 5:.3f}"))
    assert page(client, later) != shown
    for at, clock in (("", "08:30:00.0"), ("08:20:00", "08:30:00.0"), ("09:00:00", "08:30:07.9")):
        assert f'value="2026-05-04 {clock}"' in page(client, f"/view?of=north&at={at}")


def test_a_box_in_a_paused_camera_is_searched_for(browse: Browse, run: Path) -> None:
    found = browse(run).post(
        "/picture", data={"camera_of": "north", "at": "08:30:01", "box": "4,4,20,20"}
    )
    assert "vehicle in north at 2026-05-04 08:30:01.0 at 4,4,20,20" in found.text
    assert names(found.text)[0] == "north:1"


def test_a_sighting_is_played(browse: Browse, run: Path) -> None:
    client = browse(run)
    shown = page(client, "/sighting?of=north%3A1&sighting=north%3A2")
    (clip,) = re.findall(r'src="(/clip.mp4\?of=[^"]*)"', shown)
    video = client.get(clip, headers={"range": "bytes=0-99"})
    assert video.status_code == 206
    assert len(video.content) == 100
    assert {"/?sighting=north%3A2&sighting=north%3A1", "/?sighting=north%3A1"} < set(
        links(shown, "/")
    )
    assert client.get("/clip.mp4?of=../run/sightings").status_code == 404


def test_the_sightings_of_a_vehicle_are_played_one_after_the_other(
    browse: Browse, run: Path
) -> None:
    client = browse(run)
    first = page(client, "/sighting?of=north:1&class=car")
    assert "(sighting 1 of 2:" in first
    (later,) = (one for one in links(first, "/sighting"))
    assert later == "/sighting?class=car&of=north%3A2"
    second = page(client, later)
    assert "(sighting 2 of 2:" in second
    assert links(second, "/sighting") == ["/sighting?class=car&of=north%3A1"]
    # The only one of its identity.
    assert links(page(client, "/sighting?of=south:1"), "/sighting") == []


def test_without_a_recording_there_is_no_clip(browse: Browse, run: Path) -> None:
    shown = page(browse(run), "/sighting?of=south%3A1")
    assert "No clip: camera south: was live, and has no recording" in shown
    assert "<video" not in shown


def test_what_names_contain_is_text(browse: Browse, run: Path, picture: bytes) -> None:
    client = browse(run)
    asked = client.post("/picture", files={"file": ("<script>alert(1)</script>.png", picture)})
    assert "<script>alert" not in asked.text
    odd = client.get("/?sighting=<script>alert(1)</script>")
    assert "<script>alert" not in odd.text


def test_a_folder_whose_name_is_not_utf8(browse: Browse, run: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(run.parent) + b"/caf\xe9"))
    client = browse(run.rename(odd))
    for address in ("/", "/page.html", "/sighting?of=north:1", "/identities?of=1"):
        assert r"caf\udce9" in page(client, address)
    assert "caf" in page(client, "/?identity=9", status=400)


def test_an_answer_is_saved_as_it_is_shown(browse: Browse, run: Path) -> None:
    client = browse(run)
    saved = client.get("/page.html?sighting=north:1")
    assert "attachment" in saved.headers["content-disposition"]
    assert names(saved.text) == ["north:2", "south:1"]
    # Alone, without the server.
    assert "href=" not in saved.text
    values = json.loads(client.get("/answer.json?sighting=north:1").text)
    assert [one["identity_id"] for one in values["matches"]] == [1, 2]


def test_what_is_shown_is_recorded_first(browse: Browse, run: Path, picture: bytes) -> None:
    with Store.open(run, readonly=False) as store:
        store.set_meta(RECORDED_KEY, True)
        store.commit()
    client = browse(run, vehicles=[(20, 10, 120, 40)], by="jo", reason="case 114")
    page(client, "/")
    client.post("/picture", files={"file": ("a.png", picture)})
    shown = page(client, "/sighting?of=north:1")
    client.get(re.findall(r'src="(/clip.mp4\?of=[^"]*)"', shown)[0])
    page(client, "/view?of=north&at=08:30:04")
    page(client, "/?sighting=north:9", status=400)
    kept = read(RunFolder(run).searches).searches
    assert [(one.by, one.reason) for one in kept] == [("jo", "case 114")] * 4
    assert [one.searched_for for one in kept] == [
        "",
        "vehicle in a.png at 20,10,100,30",
        "sighting north:1",
        "camera north at 2026-05-04 08:30:04.0",
    ]
    assert [one.sightings for one in kept] == [(1, 2, 3), (1, 2, 3), (1,), (1,)]
    assert [len(one.pictures) for one in kept] == [0, 1, 0, 0]


def test_several_runs_are_looked_at_together(browse: Browse, run: Path, tmp_path: Path) -> None:
    with Store.open(run, readonly=False) as store:
        store.set_meta(models.REID_KEY, {"weights": "x", "sha256": "y"})
        store.commit()
    other = tmp_path / "tuesday"
    other.mkdir()
    (other / "sightings.db").write_bytes((run / "sightings.db").read_bytes())
    client = browse(run, other)
    assert names(page(client, "/?sighting=tuesday/north:1"))[0] == "run/north:1"
    assert "expected one of north, south" in page(client, "/view?of=run/x", status=400)
    assert "of which run?" in page(client, "/view?of=north", status=400)
    shown = page(client, "/view?of=tuesday/north&at=08:30:04")
    assert links(shown, "/sighting")[0] == "/sighting?of=tuesday%2Fnorth%3A1"
