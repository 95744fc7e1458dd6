import pytest
import typer
from typer.testing import CliRunner

from city.footage import preview_times
from city.render import choose_cameras, main
from tests.city.scenes import TINY, tiny

app = typer.Typer()
app.command()(main)


def run(*options):
    return CliRunner().invoke(app, [str(option) for option in options])


@pytest.mark.parametrize(
    ("names", "chosen"),
    [(None, ["west", "east"]), ("east", ["east"]), ("east, west", ["west", "east"])],
    ids=["all", "one", "in the scene's order"],
)
def test_choose_cameras(names, chosen):
    assert [camera.id for camera in choose_cameras(tiny(), names)] == chosen


def test_an_unknown_camera(tmp_path):
    result = run("--scene", TINY, "--out", tmp_path / "out", "--cameras", "west,north")
    assert result.exit_code == 2
    expected = "error: --cameras: north: not in the scene 'tiny'; it has west, east\n"
    assert result.stderr == expected
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_else_in_it(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    result = run("--scene", TINY, "--out", tmp_path, "--overwrite")
    assert result.exit_code == 2
    assert "is not empty, and not of this command: choose another --out" in result.stderr


def test_a_missing_scene(tmp_path):
    result = run("--scene", tmp_path / "none.yaml", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "none.yaml: no such file" in result.stderr


CAMS = "cameras:\n  - {id: cam1, source: cam1.mp4, start_time: 2026-05-04T08:30:00}\nlinks: []\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(
            ("--scene", "."), "error: .: is a folder; a YAML file is expected\n", id="folder"
        ),
        pytest.param(
            ("--scene", "cams.yaml"),
            "error: cams.yaml: not a scene: it has cameras, but neither map nor traffic; is it the "
            "cams.yaml of app.run? Scenes to copy from are in configs/city/\n",
            id="cams.yaml of app.run",
        ),
        *(
            pytest.param(
                ("--scene", TINY, "--cameras", names),
                f"error: --cameras: {names!r} names no camera; give one or more of west, east, "
                "separated by commas, or leave the option out for all\n",
                id=f"cameras {names!r}",
            )
            for names in (",", "", " , ")
        ),
        pytest.param(
            ("--scene", TINY, "--out", "cams.yaml/out"),
            "error: cams.yaml/out cannot be written (Not a directory): choose another --out\n",
            id="folder that cannot be made",
        ),
    ],
)
def test_each_mistake_is_one_line(options, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cams.yaml").write_text(CAMS)
    result = run("--out", "out", *options)
    assert result.exit_code == 2
    assert result.stderr == said
    assert not (tmp_path / "out").exists()


def test_names_of_cameras_may_be_followed_by_a_comma():
    assert [camera.id for camera in choose_cameras(tiny(), "east,")] == ["east"]


def test_a_broken_scene(tmp_path):
    (tmp_path / "scene.yaml").write_text("name: x\nsed: 4\n")
    result = run("--scene", tmp_path / "scene.yaml", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "sed: unknown key" in result.stderr
    assert "Traceback" not in result.stderr


def test_stills_of_a_preview_are_spread_evenly():
    west = tiny().cameras[0]
    assert preview_times(tiny(), west) == [2.0]
    assert preview_times(tiny(duration_s=60.0), west) == [7.5, 22.5, 37.5, 52.5]
