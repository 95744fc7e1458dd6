import pytest

from city.veri import MAX_QUERIES, choose_query_names, crop_name, name_list, parse_name
from reid.data.layouts import read_veri


def test_names_are_read_by_the_veri_reader(tmp_path):
    for identity, camera in ((3, 1), (50_001, 12)):
        (tmp_path / crop_name(identity, camera, 7)).write_bytes(b"")
    crops = read_veri(tmp_path)
    assert [(crop.identity, crop.camera) for crop in crops] == [("0003", "001"), ("50001", "012")]


@pytest.mark.parametrize(("identity", "camera"), [(1, 1), (9999, 20), (50_001, 100)])
def test_names_are_parsed_back(identity, camera):
    assert parse_name(crop_name(identity, camera, 123)) == (identity, camera)


def test_queries():
    seen = [crop_name(1, c, f) for c in range(1, 8) for f in (10, 20)]
    alone = [crop_name(2, 3, 10), crop_name(2, 3, 11)]
    queries = choose_query_names([*alone, *reversed(seen)])
    assert queries == [crop_name(1, c, 10) for c in range(1, MAX_QUERIES + 1)]


def test_nothing():
    assert choose_query_names([]) == []
    assert name_list([]) == ""


def test_list():
    assert name_list(["b.jpg", "a.jpg"]) == "a.jpg\nb.jpg\n"
