"""The pages of `app.browse`, as HTML."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import cv2

from app.browsing.asked import FILTERS, MOST, href
from app.browsing.choices import choices, correction_values
from app.browsing.company import MOST as MOST_PAIRS
from app.browsing.uploads import boxed
from app.results.cards import clock_note, identity_colour, inline_picture, sighting_view
from app.results.pages import page
from app.results.report import answer_values, companion_values
from app.search.unwatched import cut_short_lines, unknown_lines
from app.storage.coverage import coverage
from app.storage.records import SightingFilter
from app.times import format_span, format_time
from detector.types import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from app.browsing.asked import Asked
    from app.browsing.company import Company
    from app.browsing.desk import Desk, View
    from app.browsing.overview import CameraSummary
    from app.browsing.uploads import Upload
    from app.search.answer import Answer
    from app.search.companions import CompanionAnswer
    from app.search.searched_runs import SearchedRun
    from app.storage.records import Sighting
    from detector.types import Detections

STEPS_S: Final = (-10.0, -1.0, -0.2, 0.2, 1.0, 10.0)
"""From one frame to the next that is looked at."""

RELOAD_S: Final = 10
"""How often a page loads itself again."""

SHOWN_PX: Final = 1600
"""Longest side of a picture in which vehicles are chosen."""


def answer_page(desk: Desk, asked: Asked, answer: Answer) -> str:
    """Return the page of a search, or of the vehicles that pass the filters."""
    values = answer_values(answer)
    return page(
        "browse_answer.html.j2",
        **frame(desk, asked),
        **values,
        filters=FILTERS,
        longer=asked.longer() if asked.top < MOST else None,
        may_be_longer=len(answer.found) == asked.top,
        in_progress=bool(answer.scope.unfinished),
        reload_s=RELOAD_S if asked.reload and answer.scope.unfinished else 0,
    )


def sighting_page(
    desk: Desk, asked: Asked, run: SearchedRun, sighting: Sighting, *, clip: str, trouble: str
) -> str:
    """Return the page of one sighting: its clip, and why it has its identity.

    Args:
        desk: What is worked with.
        asked: The search that it was come upon in.
        run: Its run.
        sighting: The sighting.
        clip: Name of its clip, empty where there is none.
        trouble: Why there is none.
    """
    number = sighting.identity_id
    of_it = [sighting]
    if number is not None:
        of_it = list(run.store.sightings(SightingFilter(identity_id=number)))
    place = of_it.index(sighting)
    earlier, later = of_it[:place][-1:], of_it[place + 1 :][:1]
    return page(
        "browse_sighting.html.j2",
        **frame(desk, asked),
        **correction_values(desk, run),
        choices=choices(run, sighting),
        view=sighting_view(run.store, sighting, named=run.named),
        identity=None if number is None else run.named(number),
        place=place + 1,
        sightings=len(of_it),
        steps=[
            (words, href("/sighting", asked, of=run.named(one.name)))
            for words, found in (("← earlier", earlier), ("later →", later))
            for one in found
        ],
        camera=run.named(sighting.camera_id),
        at=f"{sighting.best_timestamp:.3f}",
        clip=clip,
        trouble=trouble,
        clock_note=clock_note([sighting.first_timestamp]),
    )


def view_page(desk: Desk, asked: Asked, view: View) -> str:
    """Return the page of a paused camera: each vehicle in it can be searched for."""
    still, named = view.still, view.run.named
    height, width = still.image.shape[:2]
    return page(
        "browse_view.html.j2",
        **frame(desk, asked),
        camera=named(view.camera_id),
        cameras=[run.named(camera_id) for run, camera_id in desk.cameras],
        clock=format_time(still.timestamp),
        at=f"{still.timestamp:.3f}",
        steps=[
            (f"{step:+g} s".replace("-", "−"), f"{still.timestamp + step:.3f}") for step in STEPS_S
        ],
        picture=_data_url(still.image),
        width=width,
        height=height,
        boxes=[
            _box(box.xyxy)
            | {
                "href": href("/sighting", asked, of=named(sighting.name)),
                "title": f"{CLASS_NAMES[sighting.class_id]} {named(sighting.name)}"
                + (f", identity {named(box.identity_id)}" if box.identity_id is not None else ""),
                "colour": "#ffffff"
                if box.identity_id is None
                else identity_colour(box.identity_id),
            }
            for box, sighting in zip(still.boxes, view.sightings, strict=True)
            if sighting is not None
        ],
        clock_note=clock_note([still.timestamp]),
    )


def picture_page(
    desk: Desk, asked: Asked, key: str, upload: Upload, vehicles: Detections, *, trouble: str = ""
) -> str:
    """Return the page of an uploaded picture: which vehicle in it is meant?

    Args:
        desk: What is worked with.
        asked: The search that it is for.
        key: Of the picture.
        upload: It.
        vehicles: Those found in it.
        trouble: Why they could not be looked for, empty if they were.
    """
    image = upload.picture.image
    height, width = image.shape[:2]
    return page(
        "browse_picture.html.j2",
        **frame(desk, asked),
        key=key,
        title=upload.name,
        trouble=trouble,
        picture=_data_url(image),
        width=width,
        height=height,
        boxes=[
            _box(xyxy)
            | {
                "href": href("/", asked.also(picture=boxed(key, xyxy))),
                "title": f"{CLASS_NAMES[class_id]} (confidence {confidence:.2f})",
                "colour": "#ffffff",
            }
            for xyxy, confidence, class_id in zip(
                vehicles.xyxy,
                vehicles.confidence.tolist(),
                vehicles.class_id.tolist(),
                strict=True,
            )
        ],
        clock_note="",
    )


def cameras_page(
    desk: Desk, asked: Asked, found: Sequence[tuple[SearchedRun, Sequence[CameraSummary]]]
) -> str:
    """Return the page of all cameras, by run, as HTML."""
    begins = [
        one.camera.first_timestamp
        for _, cameras in found
        for one in cameras
        if one.camera is not None
    ]
    return page(
        "browse_cameras.html.j2",
        **frame(desk, asked),
        runs=[
            {
                "name": run.label,
                "notes": [*unknown_lines(coverage(run.store)), *cut_short_lines(run.store)],
                "cameras": [_camera_card(one) for one in cameras],
            }
            for run, cameras in found
        ],
        clock_note=clock_note(begins),
    )


def company_page(desk: Desk, asked: Asked, company: Company, answer: CompanionAnswer) -> str:
    """Return the page of vehicles that travel together.

    Args:
        desk: What is worked with.
        asked: The search that it was come upon in, and the times.
        company: What is asked.
        answer: What was found.
    """

    def address(path: str, names: str | Sequence[str]) -> str:
        return href(path, asked, of=names)

    is_longer = bool(answer.more) and company.top < MOST_PAIRS
    return page(
        "browse_convoys.html.j2",
        **frame(desk, asked),
        **companion_values(answer),
        company=company,
        all_pairs=href("/convoys", asked, **replace(company, of="").values),
        address=address,
        longer=href("/convoys", asked, **company.longer().values) if is_longer else None,
    )


def error_page(
    message: str,
    *,
    heading: str = "That does not work",
    asked: Asked | None = None,
    searching: bool = False,
) -> str:
    """Return a page that says what is wrong.

    Args:
        message: What.
        heading: What it is about.
        asked: The search that it was come upon in; None where no other page can be shown either.
        searching: Whether it is the search itself that does not work.
    """
    return page(
        "browse_error.html.j2",
        heading=heading,
        message=message,
        ways=() if asked is None else _ways_on(asked, searching=searching),
        clock_note="",
    )


def frame(desk: Desk, asked: Asked) -> dict[str, Any]:
    """Return what all pages need."""
    runs = desk.runs
    begin, end = (format_time(time, date=False) for time in desk.span)
    return {
        "desk_name": ", ".join(run.name for run in runs),
        "several_desk_runs": len(runs) > 1,
        "asked": asked,
        "href": href,
        "camera_names": sorted({camera_id for _, camera_id in desk.cameras}),
        "class_names": CLASS_NAMES,
        "read_only": desk.read_only,
        "begin": begin,
        "end": end,
    }


def _ways_on(asked: Asked, *, searching: bool) -> list[tuple[str, str]]:
    """Return where to go from a mistake: what to call it, and its address."""
    again = href("/", asked)
    unfiltered = href("/", asked, *FILTERS)
    ways = [("All vehicles", "/"), ("Corrections", href("/corrections", asked))]
    if searching:
        ways = ways[:1]
        if asked.searches and unfiltered != again:
            ways.insert(0, ("The search without its filters", unfiltered))
    elif asked.query:
        ways.insert(0, ("Back to the search" if asked.searches else "Back to the list", again))
    return ways


def _camera_card(one: CameraSummary) -> dict[str, Any]:
    camera = one.camera
    first, last = (
        (None, None) if camera is None else (camera.first_timestamp, camera.last_timestamp)
    )
    return {
        "name": one.run.named(one.camera_id),
        "camera_id": one.camera_id,
        "live": camera is not None and camera.live,
        "picture": one.preview.picture,
        "trouble": one.preview.trouble,
        "watched": "" if first is None or last is None else format_span(first, last),
        "absent": one.absent,
        "few": one.few,
        "sightings": f"{one.totals.vehicles:,}",
        "identities": f"{one.totals.identities:,}",
    }


def _box(xyxy: Any) -> dict[str, int]:
    x1, y1, x2, y2 = (round(float(value)) for value in xyxy)
    return {"x": x1, "y": y1, "w": max(1, x2 - x1), "h": max(1, y2 - y1)}


def _data_url(image: NDArray[np.uint8]) -> str:
    """Return an image of any size as one that a screen can show."""
    return inline_picture(bytes(cv2.imencode(".jpg", image)[1]), longest=SHOWN_PX)
