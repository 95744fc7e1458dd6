"""`python -m app.links`: the learned camera graph, and the proposed edit to `cams.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from app import terminal
from app.atomic import keep_apart, write_text
from app.config_file import load_config
from app.errors import ConfigError
from app.graph.camera_graph import camera_graph
from app.graph.graph_picture import draw_graph
from app.graph.link_proposal import (
    as_yaml,
    in_true_time,
    is_doubtful,
    is_wrong,
    keep_configured,
    leave_ways_back_open,
    propose_clocks,
    propose_ground,
    propose_links,
)
from app.storage.run_folder import RunFolder
from app.storage.store import Store
from detector.console.command_line import CommandLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.config import LinkConfig
    from app.graph.camera_graph import CameraGraph
    from app.graph.link_proposal import ClockProposal
    from app.storage.records import Camera
    from tracking.decisions import ClockEstimate

EPILOG = """
**Examples**

`python -m app.links --run runs/monday`

`python -m app.links --run runs/monday --cams mine.yaml --yaml learned.yaml`
"""

app = CommandLine(rich_markup_mode="markdown")


@app.command(epilog=EPILOG)
def main(
    run: Annotated[
        Path,
        typer.Option(
            help="Folder of a run that has ended, or has covered about a minute of footage."
        ),
    ],
    cams: Annotated[
        Path | None,
        typer.Option(help="Check that the proposal fits this configuration file."),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="SVG", help="Where the image goes.", show_default="<run>/links.svg"),
    ] = None,
    as_file: Annotated[
        Path | None, typer.Option("--yaml", help="Also write the proposed edit to this file.")
    ] = None,
    verbose: terminal.Verbose = 0,
) -> None:
    """Show which cameras follow each other and how long vehicles take, as a run learned it.

    Prints a table and the edit to cams.yaml that lets the next run begin with this knowledge, and
    draws an image. Clocks that are wrong are named, with the offset that puts them right.
    """
    with terminal.command_frame(verbose), Store.open(run) as store:
        cameras, graph = store.cameras(), camera_graph(store)
        folder = RunFolder(store.path.parent)
        path = picture or folder.links_picture
        keep_apart((path, as_file), (cams, *folder.own_files()))
        configured = [] if cams is None else _configured_links(cams, cameras)
        screen = terminal.console()
        if graph.links:
            screen.print(_link_table(graph))
        else:
            terminal.say("No link was learned: too few vehicles were seen by two cameras.")
        clocks = propose_clocks(cameras, graph)
        if graph.views:
            screen.print(_view_table(graph))
        if any(clock.count for clock in graph.clocks):
            screen.print(_clock_table(cameras, graph, clocks))
        learned = propose_links(in_true_time(graph.links, clocks))
        ground = propose_ground(graph, clocks)
        links = keep_configured(learned, configured)
        links = leave_ways_back_open(links, graph.links, configured)
        text = as_yaml(links, clocks, ground)
        if graph.links or ground:
            terminal.say(f"Proposed edit to cams.yaml:\n\n{text}")
        wrong = [clock.camera_id for clock in graph.clocks if is_wrong(clock)]
        write_text(path, draw_graph(_names(cameras, graph), graph, wrong=wrong))
        if as_file is not None:
            write_text(as_file, text)
        written = [path] if as_file is None else [path, as_file]
        folder.note(written)
        for file in written:
            terminal.say(f"wrote {file}")


def _configured_links(cams: Path, cameras: Sequence[Camera]) -> list[LinkConfig]:
    """Return the links of a configuration that has all of the run's cameras."""
    config = load_config(cams)
    known = [camera.id for camera in config.cameras]
    for camera in cameras:
        if camera.camera_id not in known:
            raise ConfigError(
                f"{cams}: the run's camera {camera.camera_id!r} is not in it; known: "
                f"{', '.join(known)}"
            )
    return config.links


def _names(cameras: Sequence[Camera], graph: CameraGraph) -> list[str]:
    """Return the run's cameras, and those that only the run knew that it learned from."""
    known = [name for link in graph.links for name in (link.from_camera, link.to_camera)]
    return list(dict.fromkeys([*(camera.camera_id for camera in cameras), *known]))


def _link_table(graph: CameraGraph) -> Table:
    table = Table(box=SIMPLE_HEAD, title="Links between cameras", title_justify="left")
    for heading in ("from", "to"):
        table.add_column(heading)
    for heading in ("vehicles", "share", "5 %", "25 %", "median", "75 %", "95 %"):
        table.add_column(heading, justify="right")
    table.add_column("overlap")
    for link in graph.links:
        table.add_row(
            escape(link.from_camera),
            escape(link.to_camera),
            f"{link.count:.0f}",
            f"{100 * link.share:.0f} %",
            *(f"{quantile:.1f} s" for quantile in link.quantiles_s),
            "yes" if link.overlap else "no",
        )
    return table


def _view_table(graph: CameraGraph) -> Table:
    table = Table(box=SIMPLE_HEAD, title="Overlapping views", title_justify="left")
    for heading in ("camera", "camera"):
        table.add_column(heading)
    for heading in ("vehicles", "apart"):
        table.add_column(heading, justify="right")
    for view in graph.views:
        cameras = escape(view.first_camera), escape(view.second_camera)
        table.add_row(*cameras, str(view.vehicles), f"± {view.std_m:.1f} m")
    return table


def _advice(clock: ClockEstimate) -> str:
    return "perhaps wrong: compare the images" if is_doubtful(clock) else "as it is"


def _clock_table(
    cameras: Sequence[Camera], graph: CameraGraph, clocks: Sequence[ClockProposal]
) -> Table:
    table = Table(box=SIMPLE_HEAD, title="Clocks", title_justify="left")
    table.add_column("camera")
    for heading in ("to add", "uncertainty", "clock_offset_s now", "proposed"):
        table.add_column(heading, justify="right")
    proposed = {one.camera_id: one.after for one in clocks}
    for camera in cameras:
        clock = graph.clock(camera.camera_id)
        if clock is not None:
            after = proposed.get(camera.camera_id)
            table.add_row(
                escape(camera.camera_id),
                f"{clock.offset_s:+.1f} s",
                f"± {clock.std_s:.1f} s",
                f"{camera.clock_offset_s:g}",
                _advice(clock) if after is None else f"{after:g}",
            )
    return table


if __name__ == "__main__":
    app()
