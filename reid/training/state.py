"""State of a training: one step, and checkpoints."""

from __future__ import annotations

import logging
import os
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from detector.computing.devices import emulates_bfloat16
from detector.files.checkpoint import read_checkpoint, resume_optimiser, write_checkpoint
from reid.config import TrainConfig
from reid.inference.decoded import embed_images
from reid.model import to_input
from reid.network.backbones import Embedding, ReIDNetwork
from reid.training.batches import Batch, Part, batch_source
from reid.training.classifiers import CosineClassifier, DomainHeads
from reid.training.domains import Domain
from reid.training.losses import batch_hard_triplet, relational_distillation
from reid.training.optimisation import (
    AveragedNetwork,
    build_optimiser,
    freeze,
    parameter_groups,
    rate_factor,
    set_rates,
)

_LOG = logging.getLogger(__name__)
_PARTS: Final = frozenset({"step", "network", "heads", "optimiser", "average", "domains"})
"""Of a checkpoint."""


def _compiled(network: ReIDNetwork) -> Callable[[Tensor], Embedding]:
    """Return `network.embed`, compiled.

    Raises:
        ValueError: If there is no compiler.
    """
    if not any(map(shutil.which, (os.environ.get("CXX", "g++"), "g++", "clang++"))):
        raise ValueError("compile: true needs a C++ compiler, and none was found; set it to false")
    compiled: Callable[[Tensor], Embedding] = torch.compile(network.embed)
    return compiled


def _heads_of(domain: Domain) -> DomainHeads:
    values = {name: int(codes.max()) + 1 for name, codes in domain.attributes.items()}
    scale, margin = domain.config.cosine_scale, domain.config.cosine_margin
    return DomainHeads(domain.identities, values, cosine_scale=scale, cosine_margin=margin)


class Training:
    """A network in training, with all that a resumed one needs.

    A step is a function of the seed, its number and the state before it, so that a training
    that was interrupted and resumed ends where an uninterrupted one does.

    Args:
        config: The training's configuration.
        network: The network with its initial weights.
        domains: What it learns from.
        device: Where it computes.
    """

    def __init__(
        self,
        config: TrainConfig,
        network: ReIDNetwork,
        domains: Sequence[Domain],
        *,
        device: torch.device | str = "cpu",
    ) -> None:
        self.config = config
        self.domains = domains
        self.device = torch.device(device)
        self._half = config.half and not emulates_bfloat16(self.device)
        self._next_batch = batch_source(
            domains, config.augment, where=config.batches, device=self.device
        )
        self.network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # channels_last alone is documented but not in the overloads
        self._embed = _compiled(self.network) if config.compile else self.network.embed
        self.heads = nn.ModuleList(_heads_of(domain) for domain in domains).to(self.device)
        freeze(self.network, config.optimiser)
        groups = parameter_groups(self.network, self.heads, config.optimiser)
        self.optimiser = build_optimiser(groups, config.optimiser)
        self.average = AveragedNetwork(self.network, config.optimiser.ema)
        self.step_count = 0

    def place_classifiers(self) -> None:
        """Initialise cosine classifiers with the network's mean features of their identities.

        Once, before the first step of a new training; the crops are not augmented.
        """
        self.network.eval()
        for domain, heads in zip(self.domains, self.heads, strict=True):
            assert isinstance(heads, DomainHeads)
            if isinstance(heads.identity, CosineClassifier):
                name, crops = domain.config.name, len(domain.images)
                _LOG.info(
                    "embedding the %d crops of %s to initialise their classifier", crops, name
                )
                features = embed_images(self.network, domain.images, self.config.model)
                heads.identity.place(self._tensor(features), self._tensor(domain.crop_set.identity))

    def step(self) -> dict[str, float]:
        """Train on one batch; return the losses by name, and the accuracy of each classifier."""
        rng = np.random.default_rng((self.config.seed, self.step_count))
        batch = self._next_batch(rng)
        self.network.train()
        freeze(self.network, self.config.optimiser)
        factor = rate_factor(self.step_count, steps=self.config.steps, config=self.config.optimiser)
        set_rates(self.optimiser, factor)
        loss, values = self._loss(batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch
        if self.config.optimiser.gradient_clip:
            trained = [p for group in self.optimiser.param_groups for p in group["params"]]
            nn.utils.clip_grad_norm_(trained, self.config.optimiser.gradient_clip)
        self.optimiser.step()
        self.average.update(self.network, self.step_count)
        self.step_count += 1
        return values | {"loss": loss.item()}

    def _loss(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._half):
            computed = self._embed(to_input(batch.images, self.config.model))
        embedding = Embedding(computed.metric.float(), computed.feature.float())
        total = embedding.metric.new_zeros(())
        values: dict[str, float] = {}
        start = 0
        for part, heads in zip(batch.parts, self.heads, strict=True):
            rows = slice(start, start + len(part.rows))
            own = Embedding(embedding.metric[rows], embedding.feature[rows])
            loss, domain_values = self._domain_loss(part, batch.images[rows], own, heads)
            # Each domain counts by its share of the batch.
            total = total + loss * (len(part.rows) / len(batch.images))
            values |= {f"{part.domain.config.name}/{k}": v for k, v in domain_values.items()}
            start = rows.stop
        return total, values

    def _domain_loss(
        self, part: Part, images: Tensor, embedding: Embedding, heads: nn.Module
    ) -> tuple[Tensor, dict[str, float]]:
        assert isinstance(heads, DomainHeads)
        domain, config = part.domain, self.config
        identity = self._tensor(domain.crop_set.identity[part.rows])
        logits = heads.identity(embedding.feature)
        if isinstance(heads.identity, CosineClassifier):
            # Smoothing asks for a distance to all other identities that no cosine can reach.
            cross_entropy = F.cross_entropy(heads.identity.handicap(logits, identity), identity)
        else:
            smoothing = config.label_smoothing
            cross_entropy = F.cross_entropy(logits, identity, label_smoothing=smoothing)
        triplet = batch_hard_triplet(embedding.metric, identity, margin=config.triplet_margin)
        loss = cross_entropy + triplet
        values = {
            "cross_entropy": cross_entropy.item(),
            "triplet": triplet.item(),
            "accuracy": (logits.argmax(dim=1) == identity).float().mean().item(),
        }
        for name, head in heads.attributes.items():
            codes = self._tensor(domain.attributes[name][part.rows])
            if bool((codes >= 0).any()):
                wrong = F.cross_entropy(head(embedding.feature), codes, ignore_index=-1)
                loss = loss + config.attribute_weight * wrong
                values[name] = wrong.item()
        if domain.teacher is not None:
            taught = domain.teacher
            features = taught(images.cpu().numpy()) if callable(taught) else taught[part.rows]
            apart = relational_distillation(embedding.feature, self._tensor(features))
            loss = loss + domain.config.distillation * apart
            values["distillation"] = apart.item()
        return loss, values

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(self.device)

    def save(self, path: Path) -> None:
        """Write a checkpoint; the file appears complete or not at all.

        Raises:
            OSError: If it cannot be written.
        """
        state = {
            "step": self.step_count,
            "network": self.network.state_dict(),
            "heads": self.heads.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average.network.state_dict(),
            "domains": [domain.identities for domain in self.domains],
        }
        write_checkpoint(path, state, self.config)

    def load(self, path: Path) -> None:
        """Resume from a checkpoint.

        Raises:
            ValueError: If it is unreadable, or belongs to other data or another network.
        """
        state = read_checkpoint(path, self.config)
        if not state.keys() >= _PARTS:
            raise ValueError(f"{path} is of another kind of training; train into a new folder")
        if state["domains"] != [domain.identities for domain in self.domains]:
            raise ValueError(f"{path} was made with other data; train into a new folder")
        try:
            self.network.load_state_dict(state["network"])
            self.heads.load_state_dict(state["heads"])
            resume_optimiser(self.optimiser, state["optimiser"])
            self.average.network.load_state_dict(state["average"])
        except (RuntimeError, ValueError, LookupError) as error:
            raise ValueError(
                f"{path} belongs to another network; train into a new folder"
            ) from error
        self.step_count = int(state["step"])


def seed_everything(seed: int) -> None:
    """Seed the initial weights; batches have generators of their own."""
    random.seed(seed)
    torch.manual_seed(seed)
