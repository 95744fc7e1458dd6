import pytest

from city.output_folder import STATE, OutputFolder, digest, partial, write_whole


def folder(path, **origin):
    origin = origin or {"scene": "a"}
    return OutputFolder(path, origin=origin, owned=("*.mp4", "gt/*.txt"))


def test_a_new_folder(tmp_path):
    out = folder(tmp_path / "a" / "b")
    out.open(overwrite=False)
    assert out.finished("cam1") is None
    out.finish("cam1", {"frames": 3})
    assert out.finished("cam1") == {"frames": 3}


def test_a_second_run_goes_on(tmp_path):
    folder(tmp_path).open(overwrite=False)
    folder(tmp_path).finish("cam1", {})
    partial(tmp_path / "gt" / "cam2.txt").write_text("half")
    (tmp_path / "download.iso.part").write_text("mine")
    again = folder(tmp_path)
    again.open(overwrite=False)
    assert again.finished("cam1") == {}
    assert list((tmp_path / "gt").iterdir()) == []
    assert (tmp_path / "download.iso.part").exists()


def test_the_error_of_an_earlier_run_is_forgotten(tmp_path):
    out = folder(tmp_path)
    out.open(overwrite=False)
    write_whole(out.error_log, b"Traceback")
    out.open(overwrite=False)
    assert not out.error_log.exists()


def test_another_scene_is_refused(tmp_path):
    folder(tmp_path, scene="a", code="x").open(overwrite=False)
    with pytest.raises(ValueError, match="was made from another scene: choose another --out, or"):
        folder(tmp_path, scene="b", code="x").open(overwrite=False)


def test_a_damaged_stamp_is_named(tmp_path):
    folder(tmp_path).open(overwrite=False)
    write_whole(tmp_path / "cam1.mp4", b"video")
    stamp = tmp_path / STATE / "stamp.json"
    stamp.write_text(stamp.read_text()[:10])
    with pytest.raises(ValueError, match=r"stamp\.json is damaged, .* or --overwrite"):
        folder(tmp_path).open(overwrite=False)
    folder(tmp_path).open(overwrite=True)
    folder(tmp_path).open(overwrite=False)


def test_a_run_that_came_to_nothing_is_in_nobodys_way(tmp_path):
    (tmp_path / STATE).mkdir()
    (tmp_path / STATE / "stamp.json.part").write_text("{")
    folder(tmp_path).open(overwrite=False)
    assert [path.name for path in (tmp_path / STATE).iterdir()] == ["stamp.json"]


def test_overwriting_removes_what_was_written_and_nothing_else(tmp_path):
    out = folder(tmp_path)
    out.open(overwrite=False)
    out.finish("cam1", {})
    write_whole(tmp_path / "cam1.mp4", b"video")
    (tmp_path / "notes.txt").write_text("mine")
    other = folder(tmp_path, scene="b")
    other.open(overwrite=True)
    assert other.finished("cam1") is None
    assert sorted(p.name for p in tmp_path.iterdir()) == [STATE, "notes.txt"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_somebody_else_is_refused(tmp_path, overwrite):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not empty, and not of this command"):
        folder(tmp_path).open(overwrite=overwrite)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(ValueError, match="is a file"):
        folder(tmp_path / "out").open(overwrite=True)


def test_digests():
    assert digest("a", "b") == digest("a", "b")
    assert digest("a", "b") != digest("ab")
