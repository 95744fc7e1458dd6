import numpy as np
import pytest

from city.glare import add_glare, lamp_light, scattered

DIM = 0.4


def night(size_wh=(320, 240), *, lamp=None, light=16.0):
    """A dim picture, with a lamp of four by four pixels if asked for."""
    linear = np.full((size_wh[1], size_wh[0], 3), DIM, np.float32)
    if lamp is not None:
        x, y = lamp
        linear[y : y + 4, x : x + 4] = light
    return linear


def glare_of(linear, share):
    light = linear.copy()
    add_glare(light, share, linear=linear, gain=np.ones_like(linear))
    return light - linear


def test_only_what_is_brighter_than_white_is_a_lamp_and_keeps_its_colour():
    linear = night(lamp=(100, 100), light=(6.0, 3.0, 0.3))
    found = lamp_light(linear)
    assert np.count_nonzero(found.max(axis=2)) == 16
    red, green, blue = found[101, 101]
    assert red / green == pytest.approx(2)
    assert red / blue == pytest.approx(20)


def test_head_lamps_outshine_tail_lamps_by_far_more_than_they_are_drawn_brighter():
    head, tail = (lamp_light(np.full((1, 1, 3), v, np.float32))[0, 0, 0] for v in (16.0, 1.6))
    assert 1000 < head < 3000
    assert 4 < tail < 12


def test_the_brightest_lamps_have_a_limit():
    limit, beyond = (lamp_light(np.full((1, 1, 3), v, np.float32)) for v in (30.0, 4e4))
    np.testing.assert_array_equal(beyond, limit)


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_no_more_light_is_scattered_than_the_share_and_most_of_it_stays_in_the_picture(share):
    lamps = np.zeros((136, 240, 3), np.float32)
    lamps[60:64, 120:124] = 100.0
    total = scattered(lamps, share).sum() / lamps.sum()
    assert 0.5 * share < total <= share * 1.01


def test_glare_falls_with_about_the_square_of_the_distance():
    lamps = np.zeros((512, 512, 3), np.float32)
    lamps[256, 256] = 1e4
    found = scattered(lamps, 0.2)[256, :, 0]
    near, middle, far = (found[256 + r] * r**2 for r in (6, 18, 54))
    assert near / middle == pytest.approx(1, abs=0.5)
    assert middle / far == pytest.approx(1, abs=0.5)


def test_the_veil_is_smooth():
    lamps = np.zeros((128, 128, 3), np.float32)
    lamps[64, 64] = 1e4
    found = scattered(lamps, 0.2)[64, 66:, 0]
    assert (np.diff(found) < 0).all()


def test_where_nothing_is_bright_there_is_none():
    assert (glare_of(night(), 1.0) == 0).all()
    assert (glare_of(np.ones((24, 32, 3), np.float32), 1.0) == 0).all()


def test_more_glare_is_more_light_everywhere():
    linear = night(lamp=(160, 100))
    weak, strong = glare_of(linear, 0.05), glare_of(linear, 0.1)
    assert (weak > 0).all()
    np.testing.assert_allclose(strong, 2 * weak, rtol=1e-3, atol=1e-5)


def test_lamps_near_a_strips_edge_and_the_pictures_edge_count():
    for place in ((0, 0), (316, 236), (100, 30), (100, 62)):
        assert glare_of(night(lamp=place), 0.1).sum() > 0


def test_the_sensors_gain_holds_for_glare_too():
    linear = night(lamp=(160, 100))
    light = linear.copy()
    gain = np.full_like(linear, 1.0)
    gain[..., 2] = 3.0
    add_glare(light, 0.1, linear=linear, gain=gain)
    added = light - linear
    np.testing.assert_allclose(added[..., 2], 3 * added[..., 0], rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("size_wh", [(1, 1), (3, 2), (33, 17), (641, 359)])
def test_any_size(size_wh):
    linear = np.full((size_wh[1], size_wh[0], 3), 5.0, np.float32)
    assert (glare_of(linear, 0.1) > 0).all()
