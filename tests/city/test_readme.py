import pytest

from city.readme import readme
from city.sightings import journeys
from tests.city.scenes import actors, tiny

SCENE = tiny()
ACTORS = actors(4, alike=(1, 3))


@pytest.mark.parametrize(
    ("seen", "groups"),
    [((), 0), ((1, 2, 4), 0), ((1, 2, 3), 1)],
    ids=["nobody", "one of a group", "both"],
)
def test_a_group_is_of_those_that_were_seen(seen, groups):
    ways = journeys({"west": {vehicle: [(0.0, 1.0)] for vehicle in seen}})
    text = readme(SCENE.cameras, SCENE, ACTORS, ways, boxes={"west": 9, "east": 0})
    assert f"differ only in details: {groups}." in text
