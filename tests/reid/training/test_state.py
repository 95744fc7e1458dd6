import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from detector.files.checkpoint import write_checkpoint
from reid.augmentation.augment import AugmentSettings
from reid.config import DomainConfig, OptimiserConfig, Source, TrainConfig
from reid.inference.decoded import embed_images
from reid.model import ModelSpec, to_input
from reid.network.backbones import light_vgg_m
from reid.training.domains import Domain, load_domain, read_sources, with_teacher
from reid.training.state import Training, seed_everything
from tests.little_room import little_room
from tests.reid.pictures import write_folder, write_rendered

SPEC = ModelSpec(backbone="efficientnet_lite0", input_hw=(32, 32))
CONFIG = TrainConfig(
    domains=(
        DomainConfig(
            name="rendered",
            sources=(Source(format="rendered", path="T1"),),
            identities=2,
            crops=2,
            attributes=("model", "colour"),
        ),
        DomainConfig(
            name="real",
            sources=(Source(format="folder", path="real"),),
            identities=2,
            crops=2,
            distillation=1.0,
        ),
    ),
    model=SPEC,
    steps=4,
    optimiser=OptimiserConfig(warmup_steps=1, frozen_blocks=1),
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("crops")
    write_rendered(root / "T1", range(4))
    write_folder(root / "real", range(3))
    return root


@pytest.fixture(scope="module")
def domains(root: Path) -> list[Domain]:
    torch.manual_seed(0)
    loaded = [load_domain(d, root, hw=(32, 32)) for d in CONFIG.domains]
    return [loaded[0], with_teacher(loaded[1], mean_colours)]


def mean_colours(images: np.ndarray) -> np.ndarray:
    """Stand in for a teacher."""
    return images.mean(axis=(1, 2)).astype(np.float32)


def start(domains: list[Domain], config: TrainConfig = CONFIG) -> Training:
    seed_everything(config.seed)
    return Training(config, config.model.build(), domains)


def test_domains_hold_their_crops(domains: list[Domain]):
    rendered, real = domains
    assert (len(rendered.images), rendered.identities) == (8, 4)
    assert sorted(rendered.attributes) == ["colour", "model"]
    assert rendered.teacher is None
    assert real.teacher == pytest.approx(mean_colours(real.images))


def test_sources_are_told_apart(root: Path):
    sources = (Source(format="folder", path="real"), Source(format="rendered", path="T1"))
    crops = read_sources(sources, root)
    assert {c.identity.split("/")[0] for c in crops} == {"real", "T1"}
    assert crops[0].camera == "real/cam0"


def test_an_identity_that_unreadable_crops_leave_too_few_is_left_out(tmp_path: Path):
    write_folder(tmp_path / "real", range(3))
    (tmp_path / "real" / "v001" / "cam0_0.jpg").write_bytes(b"not a picture")
    domain = load_domain(CONFIG.domains[1], tmp_path, hw=(32, 32))
    assert [crop.identity for crop in domain.crop_set.crops] == 2 * ["real/v000"] + 2 * [
        "real/v002"
    ]
    assert len(domain.images) == 4


def test_a_step_reports_every_loss(domains: list[Domain]):
    values = start(domains).step()
    assert set(values) == {
        "loss",
        *(f"rendered/{n}" for n in ("cross_entropy", "triplet", "accuracy", "model", "colour")),
        *(f"real/{n}" for n in ("cross_entropy", "triplet", "accuracy", "distillation")),
    }
    assert all(np.isfinite(v) for v in values.values())


@pytest.mark.parametrize("batches", ["host", "device"])
def test_teachers_of_views_see_what_the_student_sees(
    root: Path, monkeypatch: pytest.MonkeyPatch, batches: str
):
    config = replace(CONFIG.domains[1], taught_by="views")
    seen: list[np.ndarray] = []

    def teacher(images: np.ndarray) -> np.ndarray:
        seen.append(images)
        return mean_colours(images)

    views = with_teacher(load_domain(config, root, hw=(32, 32)), teacher)
    assert not seen  # not before the training
    rendered = load_domain(CONFIG.domains[0], root, hw=(32, 32))
    training = start([rendered, views], replace(CONFIG, batches=batches))
    shown: list[torch.Tensor] = []
    embed = training._embed
    monkeypatch.setattr(training, "_embed", lambda images: (shown.append(images), embed(images))[1])
    assert training.step()["real/distillation"] > 0
    training.step()
    for images, given in zip(shown, seen, strict=True):
        view = to_input(torch.from_numpy(given), SPEC)
        torch.testing.assert_close(images[4:], view)  # after the rendered four
    assert not np.array_equal(*seen)


def test_training_learns_a_batch_by_heart(root: Path):
    whole = replace(CONFIG.domains[0], identities=4)
    still = AugmentSettings(
        **dict.fromkeys(("flip", "shift", "gain", "gamma", "saturation"), 0.0),
        **dict.fromkeys(("low_resolution", "blur", "noise", "jpeg", "erase"), 0.0),
    )
    config = replace(CONFIG, domains=(whole,), augment=still, label_smoothing=0.0, steps=12)
    training = start([load_domain(whole, root, hw=(32, 32))], config)
    losses = [training.step()["rendered/cross_entropy"] for _ in range(12)]
    assert losses[-1] < 0.5 * losses[0]


def test_cosine_classifiers_begin_where_the_network_puts_the_identities(root: Path):
    config = replace(CONFIG, domains=(replace(CONFIG.domains[0], cosine_scale=16.0),))
    training = start([load_domain(config.domains[0], root, hw=(32, 32))], config)
    training.place_classifiers()
    domain, heads = training.domains[0], training.heads[0]
    features = torch.from_numpy(embed_images(training.network, domain.images, SPEC))
    for i in range(domain.identities):
        mean = features[torch.from_numpy(domain.crop_set.identity == i)].mean(dim=0)
        torch.testing.assert_close(heads.identity.weight[i], mean / mean.norm())
    before = heads.identity.weight.detach().clone()
    assert np.isfinite(training.step()["loss"])
    assert not torch.equal(heads.identity.weight, before)  # they learn, too


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what torch.compile imports
@pytest.mark.skipif(not shutil.which("g++"), reason="there is no g++ here")
def test_a_compiled_network_learns_the_same(domains: list[Domain]):
    vgg = replace(CONFIG, model=ModelSpec(backbone="light_vgg_m", input_hw=(64, 64)))
    larger = [replace(d, images=d.images.repeat(2, axis=1).repeat(2, axis=2)) for d in domains]
    plain, compiled = start(larger, vgg), start(larger, replace(vgg, compile=True))
    for _ in range(2):
        assert compiled.step()["loss"] == pytest.approx(plain.step()["loss"], rel=1e-3)


def test_compiling_needs_a_compiler(domains: list[Domain], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ValueError, match="compile: true needs a C"):
        start(domains, replace(CONFIG, compile=True))


def test_half_precision_changes_little(domains: list[Domain]):
    losses = [start(domains, replace(CONFIG, half=half)).step()["loss"] for half in (False, True)]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)


@pytest.mark.parametrize("batches", ["host", "device"])
def test_resumed_equals_uninterrupted(domains: list[Domain], tmp_path: Path, batches: str):
    config = replace(CONFIG, batches=batches)
    whole = start(domains, config)
    for _ in range(4):
        whole.step()
    first = start(domains, config)
    for _ in range(2):
        first.step()
    first.save(tmp_path / "checkpoint.pt")
    second = start(domains, config)
    second.load(tmp_path / "checkpoint.pt")
    assert second.step_count == 2
    for _ in range(2):
        second.step()
    for name, tensor in whole.average.network.state_dict().items():
        torch.testing.assert_close(
            second.average.network.state_dict()[name], tensor, rtol=0, atol=0, msg=name
        )
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_lower_learning_rate_holds_for_a_training_that_goes_on(
    domains: list[Domain], tmp_path: Path
):
    """As the error advises where the loss is no number."""
    start(domains).save(tmp_path / "checkpoint.pt")
    lower = replace(CONFIG.optimiser, learning_rate=CONFIG.optimiser.learning_rate / 100)
    slower, begun = (start(domains, replace(CONFIG, optimiser=lower)) for _ in range(2))
    slower.load(tmp_path / "checkpoint.pt")
    assert [group["base_lr"] for group in slower.optimiser.param_groups] == [
        group["base_lr"] for group in begun.optimiser.param_groups
    ]


def test_a_full_disk_is_an_error_of_the_system(domains: list[Domain], tmp_path: Path):
    with little_room(), pytest.raises(OSError, match=r"checkpoint\.pt cannot be written"):
        start(domains).save(tmp_path / "checkpoint.pt")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kept", [0, 20, 2000], ids=["empty", "header", "cut off"])
def test_broken_checkpoints_are_refused(domains: list[Domain], tmp_path: Path, kept: int):
    training = start(domains)
    training.save(tmp_path / "checkpoint.pt")
    broken = tmp_path / "broken.pt"
    broken.write_bytes((tmp_path / "checkpoint.pt").read_bytes()[:kept])
    with pytest.raises(
        ValueError, match=r"broken\.pt is no checkpoint of a training, or is damaged"
    ):
        training.load(broken)


def test_foreign_checkpoints_are_refused(domains: list[Domain], tmp_path: Path):
    path = tmp_path / "checkpoint.pt"
    start(domains).save(path)
    write_checkpoint(tmp_path / "detector.pt", {"step": 1}, CONFIG)
    with pytest.raises(ValueError, match=r"detector\.pt is of another kind of training"):
        start(domains).load(tmp_path / "detector.pt")
    with pytest.raises(ValueError, match="was made with other data"):
        Training(CONFIG, SPEC.build(), domains[:1]).load(path)
    with pytest.raises(ValueError, match="belongs to another network"):
        Training(CONFIG, light_vgg_m(scan=False), domains).load(path)
