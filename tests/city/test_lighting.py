from dataclasses import replace

import pytest
from pydantic import TypeAdapter, ValidationError

from city.lighting import PRESETS, Lighting, lighting_preset


@pytest.mark.parametrize("name", PRESETS)
def test_presets_by_name(name):
    assert lighting_preset(name) == PRESETS[name]


def test_an_unknown_preset_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match=r"one of day, .*; is 'fog'"):
        lighting_preset("fog")


def test_night_is_lit_by_lamps_and_rain_is_wet():
    assert PRESETS["night"].vehicle_lamps == PRESETS["night"].street_lamps == 1
    assert PRESETS["rain"].wetness > 0
    assert PRESETS["rain"].rain > 0
    assert PRESETS["day"].vehicle_lamps == PRESETS["day"].wetness == 0


def test_on_an_unlit_road_only_vehicles_give_light():
    for name in ("unlit", "unlit_rain"):
        light = PRESETS[name]
        assert light.street_lamps == 0
        assert light.vehicle_lamps == light.beams_on_vehicles == 1
        assert light.environment_gain < PRESETS["night"].environment_gain
    assert PRESETS["unlit_rain"].wetness > 0


def test_head_lamps_elsewhere_reach_as_far_as_they_always_did():
    for name, light in PRESETS.items():
        if not name.startswith("unlit"):
            assert (light.beam_reach_m, light.beams_on_vehicles) == (17.0, 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"environment": "moon"}, "environment must be one of .*; is 'moon'"),
        ({"shadow": 1.5}, r"shadow must lie in \[0, 1\], is 1.5"),
        ({"sun_rgb": (1.0, -1.0, 0.0)}, "sun_rgb must not be negative"),
        ({"beam_reach_m": 0.0}, "beam_reach_m must be positive, is 0.0"),
        ({"beams_on_vehicles": 2.0}, r"beams_on_vehicles must lie in \[0, 1\], is 2.0"),
        ({"fog_per_m": -1.0}, "fog_per_m must not be negative, is -1.0"),
        ({"environment_gain": float("inf")}, "environment_gain must be finite"),
        ({"sun_direction": (1.0, 0.0, 0.0)}, "sun_direction must point at least 3 degrees up"),
        ({"sun_direction": (1.0, 0.0)}, "sun_direction must be three finite numbers"),
    ],
)
def test_bad_lighting(change, message):
    with pytest.raises(ValueError, match=message):
        replace(Lighting(), **change)


def test_scene_files_may_give_lists_but_no_unknown_fields():
    adapter = TypeAdapter(Lighting)
    assert adapter.validate_python({"sun_rgb": [1, 2, 3]}).sun_rgb == (1, 2, 3)
    with pytest.raises(ValidationError):
        adapter.validate_python({"moon": 1})
