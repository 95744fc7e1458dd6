from pathlib import Path

import pytest

from reid.config import DomainConfig, OptimiserConfig, Source, TrainConfig, read_config

MINIMAL = """
domains:
  - {name: a, sources: [{format: folder, path: x}], identities: 2, crops: 2}
"""
SHIPPED = sorted((Path(__file__).parents[2] / "configs" / "reid").glob("*.yaml"))


def read(text: str, tmp_path: Path) -> TrainConfig:
    path = tmp_path / "train.yaml"
    path.write_text(text)
    return read_config(path)


def test_defaults(tmp_path: Path):
    config = read(MINIMAL, tmp_path)
    source = Source(format="folder", path="x")
    assert config == TrainConfig(
        domains=(DomainConfig(name="a", sources=(source,), identities=2, crops=2),)
    )


def test_every_level_is_read(tmp_path: Path):
    config = read(
        MINIMAL
        + """
steps: 7
triplet_margin: 1
model: {backbone: light_vgg_m, input_hw: [64, 96]}
optimiser: {learning_rate: 1, kind: sgd}
augment: {flip: 0}
validation:
  - {name: v, sources: [{format: khoa_val, path: k}], protocols: [camera_to_camera]}
""",
        tmp_path,
    )
    assert config.steps == 7
    assert config.triplet_margin == 1.0
    assert config.model.input_hw == (64, 96)
    assert config.optimiser == OptimiserConfig(learning_rate=1.0, kind="sgd")
    assert config.augment.flip == 0
    assert config.validation[0].protocols == ("camera_to_camera",)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.name)
def test_shipped_configurations_are_readable(path: Path):
    assert read_config(path).domains


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps: [", r"train\.yaml: not valid YAML in line "),
        ("steps: 3\nsteps: 4\n", r"key .steps. is written twice"),
        ("- a", r"train\.yaml: must be a mapping, is \['a'\]"),
        ("steps: 3", r"train\.yaml: domains is missing"),
        (MINIMAL.replace("format: folder, ", ""), r"domains\.0\.sources\.0\.format is missing"),
        (MINIMAL + "step: 3", "unknown key step; known are domains"),
        (MINIMAL + "steps: many", "steps must be a valid integer, is 'many'"),
        (MINIMAL + "steps: true", "steps must be a valid integer, is True"),
        (MINIMAL + "steps: 0", "steps and evaluate_every must be 1 or more"),
        (MINIMAL + "batches: gpu", "batches must be auto, host or device, is 'gpu'"),
        (MINIMAL + "model: {last_stride: 4}", "last_stride must be 1 or 2, is 4"),
        (MINIMAL + "triplet_margin: soft", "triplet_margin must be a valid number, is 'soft'"),
        (MINIMAL + "model: {backbone: resnet}", "backbone must be one of"),
        (MINIMAL + "model: {input_hw: 64}", r"model\.input_hw must be a list, is 64"),
        (MINIMAL + "model: {scan: 1}", r"model\.scan must be a valid boolean, is 1"),
        (MINIMAL + "optimiser: {kind: lion}", "kind must be adamw or sgd"),
        (MINIMAL + "optimiser: {schedule: flat}", "schedule must be cosine or staircase"),
        (MINIMAL + "optimiser: {learning_rate: 0}", "learning_rate must be positive"),
        (MINIMAL + "optimiser: {first_rate: 0}", "first_rate must be positive, is 0"),
        (MINIMAL + "optimiser: {decay_steps: 0}", "decay_steps must be positive, is 0"),
        (MINIMAL + "optimiser: {frozen_blocks: -1}", "frozen_blocks must not be negative"),
        (MINIMAL + "optimiser: {gradient_clip: -1}", "gradient_clip must not be negative"),
        (MINIMAL + "seed: -1", "seed must not be negative, is -1"),
        (MINIMAL + "label_smoothing: 1", r"label_smoothing must be in \[0, 1\), is 1"),
        (MINIMAL + MINIMAL.splitlines()[-1], "several domains are called a"),
        (
            MINIMAL + "validation: [&v {name: v, sources: [{format: folder, path: x}]}, *v]",
            "several validation sets .* v",
        ),
        (
            MINIMAL + "validation: [{name: v, sources: [], query: [{format: folder, path: q}], "
            "protocols: [vehicle_id]}]",
            "v: vehicle_id draws its queries from the sources",
        ),
        (MINIMAL + "optimiser: {ema: 1}", r"ema must be in \[0, 1\)"),
        (MINIMAL.replace("folder", "zip"), "format must be one of"),
        (MINIMAL.replace("[{format: folder, path: x}]", "[]"), "domain 'a' has no sources"),
        (MINIMAL.replace("crops: 2", "crops: 0"), "identities and crops must be 1 or more"),
        (MINIMAL.replace("crops: 2", "crops: 2, cosine_margin: 0.1"), "cosine_margin needs"),
        (
            MINIMAL.replace("crops: 2", "crops: 2, taught_by: all"),
            "taught_by must be crops or views",
        ),
        (MINIMAL.replace("crops: 2", "crops: 2, taught_by: views"), "taught_by need distillation"),
        (MINIMAL.replace("crops: 2", "crops: 2, teachers: [imagenet]"), "'a': teachers and"),
        (MINIMAL.replace("crops: 2", "crops: 2, distillation: -1"), "distillation must be finite"),
        (
            MINIMAL.replace("identities: 2, crops: 2", "identities: 1, crops: 1"),
            "two crops or more",
        ),
        (MINIMAL + "triplet_margin: -1", "triplet_margin must be finite and not negative, is -1"),
        (MINIMAL + "triplet_margin: .nan", "triplet_margin must be finite .*, is nan"),
        (MINIMAL + "attribute_weight: .nan", "attribute_weight must be finite .*, is nan"),
        (MINIMAL + "validation: [{name: v, sources: []}]", "validation set 'v' has no sources"),
        (MINIMAL + "validation: [{name: a/b, sources: []}]", "must be without /, is 'a/b'"),
        ("domains: []", "at least one domain"),
        (
            MINIMAL + "validation: [{name: v, sources: [], protocols: [x]}]",
            r"protocols must be among .*, are \['x'\]",
        ),
    ],
)
def test_mistakes_are_named(text: str, message: str, tmp_path: Path):
    with pytest.raises(ValueError, match=message):
        read(text, tmp_path)


def test_missing_file_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"none\.yaml not found"):
        read_config(tmp_path / "none.yaml")


def test_a_file_may_extend_another(tmp_path: Path):
    (tmp_path / "base.yaml").write_text(MINIMAL + "steps: 7\nmodel: {gem: false, bn_neck: false}\n")
    (tmp_path / "next.yaml").write_text("extends: base.yaml\nmodel: {bn_neck: true}\nseed: 3\n")
    config = read_config(tmp_path / "next.yaml")
    assert (config.steps, config.seed) == (7, 3)
    assert (config.model.gem, config.model.bn_neck) == (False, True)


@pytest.mark.parametrize(
    ("base", "error", "message"),
    [
        ("gone.yaml", FileNotFoundError, r"gone\.yaml not found"),
        ("loop.yaml", ValueError, "extends is circular"),
    ],
)
def test_what_is_extended_must_be_there(tmp_path: Path, base, error, message):
    (tmp_path / "loop.yaml").write_text(f"extends: {base}\n")
    with pytest.raises(error, match=message):
        read_config(tmp_path / "loop.yaml")


@pytest.mark.parametrize(
    "content", ["a: 1".encode("utf-16"), b"a: " + 5000 * b"[" + 5000 * b"]"], ids=["UTF-16", "deep"]
)
def test_files_that_are_no_yaml_are_named(tmp_path: Path, content: bytes):
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.yaml: "):
        read_config(tmp_path / "a.yaml")
