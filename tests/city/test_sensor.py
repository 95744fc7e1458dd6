import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city import sensor
from city.sensor import (
    Sensor,
    SensorSettings,
    add_bloom,
    film_grain,
    look_up,
    smear,
    tone_curve,
)

PLAIN = {"vignette": 0.0, "blur_px": 0.0, "bloom": 0.0, "noise": 0.0, "saturation": 1.0}
SIZE = (32, 24)


def flat(rgb, size_wh=SIZE):
    width, height = size_wh
    return np.broadcast_to(np.array(rgb, np.float32), (height, width, 3)).copy()


def taken(linear, *, size_wh=SIZE, seed=1, index=0, **settings):
    return Sensor(SensorSettings(**(PLAIN | settings)), size_wh, seed)(linear, index=index)


def test_black_stays_black_and_great_light_is_white():
    assert (taken(flat((0, 0, 0))) == 0).all()
    assert (taken(flat((30, 30, 30))) == 255).all()


def test_the_picture_is_blue_green_red():
    b, g, r = taken(flat((1.0, 0.3, 0.05)))[0, 0].tolist()
    assert r > g > b


@pytest.mark.parametrize(
    ("settings", "brighter"),
    [
        ({"exposure_ev": 1.0}, True),
        ({"exposure_ev": -1.0}, False),
        ({"gain_rgb": (1.5, 1.5, 1.5)}, True),
    ],
)
def test_exposure(settings, brighter):
    light = flat((0.2, 0.2, 0.2))
    assert bool(taken(light, **settings).mean() > taken(light).mean()) is brighter


def test_one_stop_is_twice_the_light():
    twice = taken(flat((0.4, 0.2, 0.1)))
    np.testing.assert_allclose(taken(flat((0.2, 0.1, 0.05)), exposure_ev=1.0), twice, atol=1)


def test_without_saturation_the_picture_is_grey():
    assert np.ptp(taken(flat((1.0, 0.3, 0.05)), saturation=0.0), axis=2).max() == 0


def test_vignette_darkens_corners_alone():
    picture = taken(flat((0.3, 0.3, 0.3)), vignette=0.8)
    assert picture[0, 0, 0] < picture[12, 16, 0]


def test_blur_spreads_and_sharpening_overshoots():
    step = flat((0.1, 0.1, 0.1))
    step[:, 16:] = 0.4
    plain = taken(step)[12, :, 1].astype(int)
    blurred = taken(step, blur_px=1.5)[12, :, 1].astype(int)
    sharp = taken(step, sharpen=0.8)[12, :, 1].astype(int)
    assert plain[14] < blurred[14] < blurred[17] < plain[17]
    assert sharp[15] < plain[15]
    assert sharp[16] > plain[16]


def test_bloom_leaves_dim_light_alone_and_spreads_bright_light():
    dim = flat((0.5, 0.5, 0.5))
    add_bloom(dim, 0.5)
    assert (dim == 0.5).all()
    dim[12, 16] = 20.0
    add_bloom(dim, 0.5)
    assert (dim[12, 20] > 0.5).all()


def test_lights_above_the_brightest_bloom_no_more_than_it():
    capped, blinding = flat((0.5, 0.5, 0.5)), flat((0.5, 0.5, 0.5))
    capped[8:16, 8:16], blinding[8:16, 8:16] = 12.0, 500.0
    add_bloom(capped, 0.5)
    add_bloom(blinding, 0.5)
    np.testing.assert_array_equal(blinding[0], capped[0])


def lamps():
    linear = flat((0.05, 0.05, 0.06), (160, 120))
    linear[60:64, 80:84] = 14.0
    return linear


def test_glare_veils_what_is_around_lamps_and_grows_with_the_setting():
    means = [taken(lamps(), size_wh=(160, 120), glare=g).mean() for g in (0.0, 0.02, 0.1, 0.5)]
    assert means == sorted(means)
    assert means[0] + 5 < means[2]
    dark = flat((0.05, 0.05, 0.06), (160, 120))
    plain = taken(dark, size_wh=(160, 120))
    np.testing.assert_array_equal(taken(dark, size_wh=(160, 120), glare=1.0), plain)


def test_cameras_without_glare_and_noise_reduction_do_without_their_arithmetic(monkeypatch):
    monkeypatch.setattr(sensor, "add_glare", None)
    monkeypatch.setattr(sensor, "smear", None)
    taken(lamps(), size_wh=(160, 120), noise=0.02, sharpen=0.5)


def test_noise_reduction_takes_fine_noise_and_leaves_edges():
    step = flat((0.1, 0.1, 0.1), (160, 120))
    step[:, 80:] = 0.8
    noisy, clean = (
        taken(step, size_wh=(160, 120), noise=0.02, denoise=d)[..., 1].astype(float)
        for d in (0.0, 0.06)
    )
    assert clean[:, :70].std() < 0.5 * noisy[:, :70].std()
    height = clean[:, 90:].mean() - clean[:, :70].mean()
    assert clean[:, 81].mean() - clean[:, 78].mean() > 0.7 * height


def test_differences_beyond_the_threshold_are_kept_less_it():
    signal = np.zeros((41, 41, 3), np.int16)
    signal[20, 20] = 3000
    kept = smear(signal, 0.1, sigma_px=2.0)
    assert kept[20, 20].tolist() == pytest.approx([3000 - 408] * 3, abs=1)
    assert kept[0].max() == 0


@pytest.mark.parametrize("by_opencv", [False, True])
def test_tables_are_looked_up_alike_by_opencv_and_numpy(by_opencv, monkeypatch):
    if by_opencv and not sensor._LUT_TAKES_16_BITS:
        pytest.skip("this OpenCV has no tables of 65536 entries")
    monkeypatch.setattr(sensor, "_LUT_TAKES_16_BITS", by_opencv)
    curve = tone_curve(1.1)
    index = np.arange(65536).astype(np.uint16).reshape(128, 256, 2)
    found = look_up(curve, index)
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found, curve[index])


def test_pictures_do_not_depend_on_those_before_and_leave_the_light_as_it_is():
    eye = Sensor(SensorSettings(sharpen=0.4), SIZE, 1)
    bright, dim = flat((3.0, 3.0, 3.0)), flat((0.2, 0.1, 0.3))
    first = eye(dim, index=4)
    other = eye(bright, index=5)
    np.testing.assert_array_equal(eye(dim, index=4), first)
    assert other.mean() > first.mean()
    assert (bright == 3).all()


def test_noise_has_the_strength_asked_for():
    rng = np.random.default_rng(3)
    grain = film_grain(rng, (200, 100), 0.02) / 16 / 255
    assert grain.mean() == pytest.approx(0, abs=1e-3)
    assert grain.std() == pytest.approx(0.02, rel=0.25)


def test_noise_depends_on_seed_and_index_alone():
    light = flat((0.2, 0.2, 0.2))
    one = taken(light, noise=0.05)
    np.testing.assert_array_equal(one, taken(light, noise=0.05))
    assert (one != taken(light, noise=0.05, index=1)).any()
    assert (one != taken(light, noise=0.05, seed=2)).any()


@pytest.mark.parametrize("size_wh", [(32, 24), (31, 17), (1, 1)])
def test_the_picture_has_the_cameras_size(size_wh):
    picture = taken(flat((0.2, 0.2, 0.2), size_wh), size_wh=size_wh, noise=0.01)
    assert picture.shape == (size_wh[1], size_wh[0], 3)
    assert picture.dtype == np.uint8


@given(st.floats(0.5, 2.0))
def test_the_tone_curve_rises_from_black_to_white(contrast):
    curve = tone_curve(contrast)
    assert curve[0] == 0
    assert curve[-1] == 255 * 16
    assert (np.diff(curve.astype(int)) >= 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"noise": -0.1}, "noise must not be negative, is -0.1"),
        ({"glare": 1.5}, "glare must be at most 1, is 1.5"),
        ({"glare": -0.1}, "glare must not be negative, is -0.1"),
        ({"denoise": float("inf")}, "denoise must be finite, is inf"),
        ({"denoise": 2.0}, "denoise must be at most 1, is 2.0"),
        ({"vignette": 2.0}, "vignette must be at most 1, is 2.0"),
        ({"gain_rgb": (1.0, 0.0, 1.0)}, "gain_rgb must be three positive numbers"),
        ({"contrast": 0.0}, "contrast must be positive, is 0.0"),
        ({"exposure_ev": float("nan")}, "exposure_ev must be finite, is nan"),
    ],
)
def test_bad_settings(change, message):
    with pytest.raises(ValueError, match=message):
        SensorSettings(**change)


def test_bad_sensors():
    with pytest.raises(ValueError, match="size_wh"):
        Sensor(SensorSettings(), (0, 3), 1)
    with pytest.raises(ValueError, match="seed must not be negative"):
        Sensor(SensorSettings(), (4, 3), -1)
    with pytest.raises(ValueError, match="linear must be float32"):
        Sensor(SensorSettings(), (4, 3), 1)(np.zeros((3, 4, 3)))
    with pytest.raises(ValueError, match="linear must have shape"):
        Sensor(SensorSettings(), (4, 3), 1)(flat((0, 0, 0)))
