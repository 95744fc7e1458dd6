from __future__ import annotations

import base64
import math
import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.drawing.palette import identity_color
from app.errors import OutputError
from app.results.cards import MAX_VIEWS, PICTURE_PX
from app.results.report import write_answer, write_report
from app.search.answer import Answer, Finding, Scope
from app.search.ranking import NO_VIEWS, Match
from app.search.searched_runs import SearchedRun
from app.search.subject import Subject
from app.storage.coverage import BEFORE, Absence, Coverage
from app.storage.store import Store
from tests.app.stores import START, assign, camera, city_store, jpeg, tracklet, view
from tracking.decisions import Assignment, Candidate, Reasons

VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """Text, pictures and tags of a page; complains about tags that are not closed in order."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.words: list[str] = []
        self.pictures: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self.html = path.read_text(encoding="utf-8")
        self.feed(self.html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)
        if tag == "img":
            self.pictures.append(dict(attrs)["src"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)


def sizes(page: Page) -> list[tuple[int, int]]:
    """Width and height of each picture in the page."""
    found = []
    for url in page.pictures:
        assert url.startswith("data:image/jpeg;base64,")
        content = np.frombuffer(base64.b64decode(url.partition(",")[2]), np.uint8)
        found.append(cv2.imdecode(content, cv2.IMREAD_COLOR).shape[1::-1])
    return found


def test_a_page_shows_every_identity_those_in_most_cameras_first(tmp_path: Path) -> None:
    with city_store(tmp_path / "run") as store:
        write_report(store, tmp_path / "report.html", name="Monday", warnings=["north: broke off"])
    page = Page(tmp_path / "report.html")
    assert re.findall(r"Identity (\d)", page.text) == ["1", "2", "3"]
    assert "Identity 1 north → south" in page.text
    assert "south 08:30:10.0 – 08:30:12.0 2026-05-04 car · south:1 distance 0.63" in page.text
    assert "truck · north:2 first seen here" in page.text
    assert "Frames 900 Sightings 4 Identities 3 In two or more cameras 1" in page.text
    assert "Warnings north: broke off" in page.text
    assert "Times are UTC." in page.text
    assert sizes(page) == [(40, 30)] * 4
    blue, green, red = identity_color(1)
    assert f"background:#{red:02x}{green:02x}{blue:02x}" in page.html


def test_a_page_says_why_and_what_else_a_vehicle_may_be(tmp_path: Path) -> None:
    why = Reasons(
        previous=("north", 1),
        distance=0.6325,
        appearance_probability=0.86,
        gap_s=8.0,
        travel_time_likelihood=4.0,
        link=("north", "south"),
        runner_up=Candidate(2, 0.03),
        margin=math.log(12.0),
    )
    with city_store(tmp_path / "run") as store:
        recognised = Assignment(1, 0.6325, probability=0.95, reasons=why)
        store.put_assignment(("south", 1), recognised, timestamp=START + 12, cause="evidence")
        unsure = Assignment(3, None, probability=0.7, candidates=(Candidate(2, 0.25),))
        store.put_assignment(("south", 2), unsure, timestamp=START + 22, cause="evidence")
        write_report(store, tmp_path / "report.html", name="Monday")
    page = Page(tmp_path / "report.html")
    assert (
        "re-identified, 95 % certain same as north:1, 8.0 s apart appearance: 86 % "
        "(distance 0.63) travel time fits: 4.0 times more likely than for another vehicle "
        "next best: identity 2, 12 times less likely"
    ) in page.text
    assert "Identity 3 south possibly the same as identity 2 (25 %)" in page.text
    assert "first seen here, 70 % certain" in page.text
    assert 'href="#identity-2"' in page.html
    assert page.text.count("possibly") == 1


def test_a_page_needs_nothing_else(tmp_path: Path) -> None:
    with city_store(tmp_path / "run") as store:
        write_report(store, tmp_path / "report.html", name="Monday")
    page = Page(tmp_path / "report.html")
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", re.sub(r'"data:[^"]*"', "", page.html))


def test_names_cannot_break_out(tmp_path: Path) -> None:
    evil = "<script>alert('x')</script>"
    with city_store(tmp_path / "run") as store:
        store.put_camera(camera("evil", source=evil))
        write_report(store, tmp_path / "report.html", name=evil, warnings=[evil])
    page = Page(tmp_path / "report.html")
    assert "script" not in page.tags
    assert page.text.count("alert") == 4  # the title and the heading, the warning, the source


def test_names_need_not_be_utf_8(tmp_path: Path) -> None:
    latin_1 = os.fsdecode("caf\xe9".encode("latin-1"))
    with city_store(tmp_path / "run") as store:
        write_report(store, tmp_path / "report.html", name=latin_1)
    assert r"caf\udce9" in Page(tmp_path / "report.html").text


def test_only_so_many_identities_are_shown(tmp_path: Path) -> None:
    with city_store(tmp_path / "run") as store:
        write_report(store, tmp_path / "report.html", name="Monday", max_identities=2)
    page = Page(tmp_path / "report.html")
    assert "The first 2 of 3 are shown" in page.text
    assert "Identity 3" not in page.text


def test_links_lead_to_identities_that_are_shown(tmp_path: Path) -> None:
    with city_store(tmp_path / "run") as store:
        unsure = Assignment(1, None, candidates=(Candidate(2, 0.3), Candidate(3, 0.2)))
        store.put_assignment(("south", 1), unsure, timestamp=START + 12, cause="evidence")
        write_report(store, tmp_path / "report.html", name="Monday", max_identities=2)
    page = Page(tmp_path / "report.html")
    assert "possibly the same as identity 2 (30 %), identity 3 (20 %)" in page.text
    assert re.findall('href="#identity-([0-9])"', page.html) == ["2"]


@pytest.mark.parametrize(("more", "words"), [(1, "sighting"), (6, "sightings")])
def test_only_so_many_sightings_of_an_identity_are_shown(
    tmp_path: Path, more: int, words: str
) -> None:
    with Store.create(tmp_path / "run") as store:
        store.put_camera(camera("north"))
        for track_id in range(MAX_VIEWS + more):
            store.upsert_sighting(tracklet("north", track_id), view(), first_frame=0, last_frame=1)
            assign(store, "north", track_id, identity_id=1)
        write_report(store, tmp_path / "report.html", name="Monday")
    page = Page(tmp_path / "report.html")
    assert len(page.pictures) == MAX_VIEWS
    assert f">and {more} more {words}</p>" in page.html


def test_a_run_without_vehicles_or_start_times(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run") as store:
        store.put_camera(camera("north", first_timestamp=0.0, last_timestamp=61.0))
        store.put_camera(camera("dead", frames=0, first_timestamp=None, last_timestamp=None))
        write_report(store, tmp_path / "report.html", name="Monday")
    page = Page(tmp_path / "report.html")
    assert "No vehicle was identified." in page.text
    assert "0:00:00.0 – 0:01:01.0" in page.text
    assert "dead – 0 640×360" in page.text
    assert "Times count from the start of the recordings." in page.text


def test_large_pictures_are_made_smaller(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run") as store:
        store.put_camera(camera("north"))
        seen = view(thumbnail=jpeg(640, 320))
        store.upsert_sighting(tracklet("north", 1), seen, first_frame=0, last_frame=1)
        assign(store, "north", 1, identity_id=1)
        write_report(store, tmp_path / "report.html", name="Monday")
    assert sizes(Page(tmp_path / "report.html")) == [(PICTURE_PX, PICTURE_PX // 2)]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with city_store(tmp_path / "run") as store, pytest.raises(OutputError, match="page"):
        write_report(store, tmp_path / "file" / "page.html", name="Monday")


def answer_of(store: Store, matches: list[Match], **fields: object) -> Answer:
    """An answer to the search for a car, while one of two cameras did not watch."""
    run = SearchedRun(store, "Monday")
    subject = Subject(
        description="car in street.jpg",
        images=np.zeros((1, 512), np.float32),
        sightings=NO_VIEWS,
        pictures=(jpeg(400, 200),),
    )
    late = Absence(camera_id="south", first=START, last=START + 70, reason=BEFORE)
    covered = Coverage(first=START, last=START + 900, cameras=2, absences=(late,))
    known = {
        "subject": subject,
        "conditions": "",
        "found": tuple(Finding(run, match, None) for match in matches),
        "scope": Scope(runs=(run,), coverage=(covered,)),
    }
    return Answer(**known | fields)


@pytest.mark.parametrize("found", [0, 1, 2], ids=["none", "one", "many"])
def test_matches_are_shown_by_rank(tmp_path: Path, found: int) -> None:
    with city_store(tmp_path / "run") as store:
        nameless = tracklet("north", 99, at=START + 30)
        store.upsert_sighting(nameless, view(), first_frame=0, last_frame=1)
        one, two = store.sighting(1), store.sighting(3)
        matches = [
            Match(1, 0.125, (one, two), (0.5, 0.0)),
            Match(None, 0.25, (store.sighting(5),), (0.25,)),
        ]
        answer = answer_of(store, matches[:found], conditions="only in north")
        write_answer(tmp_path / "found.html", answer)
    page = Page(tmp_path / "found.html")
    assert "Searched for car in street.jpg only in north" in page.text
    assert len(page.pictures) == 1 + (0, 2, 3)[found]
    expected = [
        "1 Identity 1 distance 0.125 north 08:30:00.0 – 08:30:02.0 2026-05-04 "
        "distance 0.500 car · north:1 first seen here "
        "south 08:30:10.0 – 08:30:12.0 2026-05-04 distance 0.000 car · south:1",
        "2 No identity yet distance 0.250 north 08:30:30.0 – 08:30:32.0 2026-05-04 "
        "distance 0.250 car · north:99",
    ]
    for rank, words in enumerate(expected):
        assert (words in page.text) == (rank < found)
    assert ("No sighting passes the filter." in page.text) == (found == 0)
    assert "not watching: south until 08:31:10" in page.text
    assert f"{found} match{'es' if found != 1 else ''}" in page.text


@pytest.mark.parametrize(
    ("more", "expected"), [(0, "1 vehicle 1 Identity 1"), (4, "The first 1 of 5 vehicles")]
)
def test_listed_vehicles_have_no_distances(tmp_path: Path, more: int, expected: str) -> None:
    page = tmp_path / "listed.html"
    with city_store(tmp_path / "run") as store:
        seen = (store.sighting(2), store.sighting(3))
        listed = [Match(1, None, seen, (None, None))]
        answer = answer_of(store, listed, subject=None, conditions="only truck", more=more)
        write_answer(page, answer)
    text = Page(page).text
    assert "Vehicles in Monday" in text
    assert "Filters only truck not watching: south until 08:31:10" in text
    assert expected in text
    assert "2026-05-04 truck · north:2 first seen here" in text
    assert ("4 more vehicles pass the filter and are not shown." in text) == bool(more)
    # As which one the second was recognised, by that distance.
    assert text.count("distance") == text.count("south:1 distance 0.63") == 1
    assert "Searched" not in text
    assert len(Page(page).pictures) == 2


def test_a_match_with_many_sightings_shows_the_first(tmp_path: Path) -> None:
    with city_store(tmp_path / "run") as store:
        seen = (store.sighting(1),) * (MAX_VIEWS + 2)
        match = Match(1, 0.5, seen, (0.5,) * len(seen))
        page = tmp_path / "found.html"
        write_answer(page, answer_of(store, [match]))
    assert len(Page(page).pictures) == 1 + MAX_VIEWS
    assert "and 2 more sightings" in Page(page).text


LOOKS_ALONE = Reasons(
    previous=("north", 1),
    distance=0.6,
    appearance_probability=0.86,
    gap_s=8.0,
    travel_time_likelihood=1.0,
    link=None,
    runner_up=None,
    margin=0.0,
)


def test_a_match_says_of_which_identity_it_is_sure(tmp_path: Path) -> None:
    with city_store(tmp_path / "run") as store:
        decision = Assignment(1, 0.6, probability=0.95, reasons=LOOKS_ALONE)
        store.put_assignment(("south", 1), decision, timestamp=START + 12, cause="evidence")
        seen = tuple(one for one in store.sightings() if one.name == "south:1")
        matches = [Match(1, 1.1, seen, (1.1,))]
        page = tmp_path / "found.html"
        write_answer(page, answer_of(store, matches))
    assert "re-identified, 95 % certain" in Page(page).text


def test_a_page_of_several_runs_calls_everybody_by_their_run(tmp_path: Path) -> None:
    why = replace(LOOKS_ALONE, runner_up=Candidate(2, 0.03))
    with city_store(tmp_path / "run") as store:
        decision = Assignment(1, 0.6, 0.9, reasons=why, candidates=(Candidate(3, 0.2),))
        store.put_assignment(("south", 1), decision, timestamp=START + 12, cause="evidence")
        run = SearchedRun(store, "Monday", several=True)
        match = Match(1, 1.1, (store.sighting(3),), (1.1,))
        page = tmp_path / "found.html"
        write_answer(page, answer_of(store, [], found=(Finding(run, match, None),)))
    text = Page(page).text
    assert "same as Monday/north:1, 8.0 s apart" in text
    assert "next best: identity Monday/2, about as likely" in text
    assert text.count("possibly the same as identity Monday/3 (20 %)") == 2
