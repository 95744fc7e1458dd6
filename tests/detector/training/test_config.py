from pathlib import Path

import pytest

from detector.data.dataset import Source
from detector.training.config import TrainingConfig, read_config

SOURCES = (Source(name="one", paths=("one/images",)), Source(name="two", paths=("two/images",)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sources": SOURCES * 2}, "several sources are called one, two"),
        ({"steps": 0}, "steps must be positive, is 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be positive, is nan"),
        ({"seed": -1}, "seed must not be negative, is -1"),
        ({"image_size": -32}, "image_size must be a positive multiple of 32, is -32"),
        ({"view_size": 100}, "view_size must be a positive multiple of 32, is 100"),
        ({"balance": 1.5}, r"balance must be in \[0, 1\], is 1.5"),
        ({"average_decay": 1.0}, r"average_decay must be in \(0, 1\)"),
        ({"initial_share": 1.0}, r"initial_share must be in \[0, 1\), is 1.0"),
        ({"initial_share": 0.3}, "initial_share needs initial_weights, which is missing"),
    ],
)
def test_the_configuration_is_checked(values, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**{"sources": SOURCES} | values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps: [", "not valid YAML in line 1"),
        ("sources: []\nsources: []\n", "line 2: key .sources. is written twice"),
        ("sources: []\nspeed: 3\n", "unknown key speed; known are sources, architecture, "),
        ("steps: 3\n", "sources is missing"),
        (
            "sources: [{name: a, paths: [b], colour: red}]\n",
            r"unknown key sources\.0\.colour; known are name, paths, ",
        ),
        ("sources: []\nsteps: true\n", "steps must be a valid integer, is True"),
        ("sources: []\n2026-05-04: 3\n", "cannot be settings: keys must be str, .*not .*date"),
        ("&all [*all]\n", "cannot be settings: Circular reference"),
    ],
)
def test_a_bad_configuration_file_is_named_with_its_key(tmp_path, text, message):
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(ValueError, match=rf"bad\.yaml: .*{message}"):
        read_config(tmp_path / "bad.yaml")


@pytest.mark.parametrize("text", ["3e-4", "3E-4", "+3.e-4", ".3e-3", "3.0e-4", "0.0003"])
def test_a_learning_rate_is_a_number_however_it_is_written(tmp_path, text):
    path = tmp_path / "train.yaml"
    path.write_text(f"sources: [{{name: a, paths: [b]}}]\nlearning_rate: {text}\n")
    assert read_config(path).learning_rate == 3e-4


def test_the_committed_configurations_are_valid():
    files = sorted((Path(__file__).parents[3] / "configs" / "detector").glob("*.yaml"))
    assert files
    for path in files:
        assert read_config(path).sources
