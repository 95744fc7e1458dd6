from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import typer

from detector.console.terminal import check_folder, check_outputs, command_frame
from detector.files.image_file import write_image


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("a: bad\nb: bad"), 2),
        (FileNotFoundError("a: bad\nb: bad"), 2),
        (PermissionError("a: bad\nb: bad"), 1),
    ],
    ids=["bad input", "missing", "the disk"],
)
def test_errors_become_lines_and_an_exit_code(error: Exception, code: int, capsys) -> None:
    with pytest.raises(typer.Exit) as end, command_frame():
        raise error
    assert end.value.exit_code == code
    assert capsys.readouterr().err == "error: a: bad\nerror: b: bad\n"


def test_mistakes_of_ours_are_not_hidden() -> None:
    with pytest.raises(KeyError), command_frame():
        raise KeyError("bug")


def test_places_for_results_are_checked_before_the_work(tmp_path: Path) -> None:
    file = tmp_path / "file.json"
    file.touch()
    check_outputs([None, tmp_path / "new.json", file], inputs=[tmp_path / "other"])
    check_folder(None)
    check_folder(tmp_path / "a" / "new" / "one")
    check_outputs([tmp_path / "new.json"], folder=tmp_path / "new")
    check_outputs([tmp_path / "new.json"], folder=tmp_path)
    with pytest.raises(FileNotFoundError, match="none is not a folder"):
        check_outputs([tmp_path / "none" / "new.json"])
    with pytest.raises(ValueError, match="must be a file"):
        check_outputs([tmp_path])
    with pytest.raises(ValueError, match="is read by this command"):
        check_outputs([file], inputs=[file])
    for folder in (file, file / "inner"):
        with pytest.raises(ValueError, match=r"file\.json must be a folder"):
            check_folder(folder)
        with pytest.raises(ValueError, match=r"file\.json must be a folder"):
            check_outputs([None], folder=folder)
    new = tmp_path / "new"
    for folder in (new, new / "inner"):
        with pytest.raises(ValueError, match="new is a file that this command writes"):
            check_outputs([new], folder=folder)


def test_a_picture_is_written_or_said_not_to_be(tmp_path: Path) -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    write_image(tmp_path / "a.png", image)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(OSError, match="none"):
        write_image(tmp_path / "none" / "a.jpg", image)
