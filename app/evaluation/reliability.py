"""Reliability of probabilities: reliability diagram and calibration error.

References: DeGroot & Fienberg, "The comparison and evaluation of forecasters", 1983, for the
diagram; Naeini, Cooper & Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
binning", AAAI 2015, for the expected calibration error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.figure import Figure

from reid.evaluation.calibration import PairDistances

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tracking.appearance.calibration import Calibration

BINS: Final = 10
"""Of equal width, between probabilities 0 and 1."""

_DISTANCES: Final = (0.2, 1.7)
"""Of the image."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Probabilities of pairs against what is true, both kinds weighing the same in sum.

    Attributes:
        calibration: What is shown.
        pairs: Of vehicles that what judged them was not fitted on.
        predicted: float64 (B,), mean probability in each bin; NaN where it is empty.
        observed: float64 (B,), share of pairs of one vehicle in each bin, by weight; likewise.
        weight: float64 (B,), share of all weight, sums to 1.
        false_match_rate: Share of the pairs of two vehicles that are said to be more likely one, at
            even odds before.
        match_rate: Share of the pairs of one vehicle that are.
    """

    calibration: Calibration
    pairs: PairDistances
    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    weight: NDArray[np.float64]
    false_match_rate: float
    match_rate: float

    @property
    def error(self) -> float:
        """Expected calibration error: mean gap of the bins, by weight."""
        return float(np.nansum(self.weight * np.abs(self.predicted - self.observed)))

    @property
    def even_odds_distance(self) -> float:
        """Distance at which both cases are equally likely; the nearest knot if there is none."""
        knots = self.calibration.log_ratios[::-1], self.calibration.distances[::-1]
        return float(np.interp(0.0, *knots))


def judge(calibration: Calibration, folds: Sequence[tuple[Calibration, PairDistances]]) -> Judged:
    """Return how right a calibration is.

    Args:
        calibration: What is shown.
        folds: Calibrations fitted as this one was, each with pairs on its scale of vehicles that it
            was not fitted on.

    Raises:
        ValueError: If there are no pairs of one vehicle or of two.
    """
    same, different = (
        np.concatenate([getattr(pairs, kind) for _, pairs in folds])
        for kind in ("same", "different")
    )
    if not len(same) or not len(different):
        raise ValueError(
            "held-out vehicles must form pairs of the same and of different vehicles; they "
            f"form {len(same)} and {len(different)}"
        )
    chances = [
        np.concatenate([fitted.probability(getattr(pairs, kind)) for fitted, pairs in folds])
        for kind in ("same", "different")
    ]
    mass, predicted, observed = _binned(*chances)
    return Judged(
        calibration,
        PairDistances(same, different),
        predicted,
        observed,
        mass,
        match_rate=float((chances[0] > 0.5).mean()),
        false_match_rate=float((chances[1] > 0.5).mean()),
    )


def _binned(
    same: NDArray[np.float64], different: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return each bin's weight, mean probability and share of pairs of one vehicle."""
    chance = np.concatenate([same, different])
    # Each kind weighs a half, as the probabilities assume.
    weight = np.concatenate([np.full(len(kind), 0.5 / len(kind)) for kind in (same, different)])
    is_same = np.arange(len(chance)) < len(same)
    bins = np.minimum((chance * BINS).astype(np.intp), BINS - 1)
    mass, predicted, observed = (
        np.bincount(bins, weights=values, minlength=BINS).astype(np.float64)
        for values in (weight, weight * chance, weight * is_same)
    )
    share = np.where(mass > 0, mass, np.nan)
    return mass, predicted / share, observed / share


def draw(judged: Mapping[str, Judged], path: Path, *, title: str) -> None:
    """Draw a row for each curve: probability by distance, and reliability.

    Args:
        judged: By the name of the curve.
        path: An image file to write.
        title: Of the image.
    """
    figure = Figure(figsize=(9, 0.4 + 3.4 * len(judged)), layout="constrained")
    figure.suptitle(title, fontsize="medium")
    rows = figure.subplots(len(judged), 2, squeeze=False)
    for (left, right), (name, one) in zip(rows, judged.items(), strict=True):
        _draw_distances(left, one)
        left.set_title(name)
        _draw_reliability(right, one)
    figure.savefig(path, dpi=110)


def _draw_distances(axes: Axes, one: Judged) -> None:
    edges = np.linspace(*_DISTANCES, 61)
    for kind, values, colour in (
        ("the same vehicle", one.pairs.same, "tab:green"),
        ("different vehicles", one.pairs.different, "tab:red"),
    ):
        counts = np.histogram(values, edges)[0]
        label = f"{len(values):,} pairs of {kind}"
        axes.stairs(
            counts / max(1, counts.max()), edges, fill=True, alpha=0.35, color=colour, label=label
        )
    distances = np.linspace(*_DISTANCES, 301)
    axes.plot(distances, one.calibration.probability(distances), "k", label="probability")
    axes.axvline(one.even_odds_distance, color="grey", linestyle=":")
    axes.set(xlabel="standardised L2 distance", ylim=(0, 1.05))
    axes.legend(fontsize="x-small", loc="center left")
    axes.grid(alpha=0.3)


def _draw_reliability(axes: Axes, one: Judged) -> None:
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.scatter(one.predicted, one.observed, s=20 + 400 * one.weight, zorder=2)
    axes.set(
        title=f"unseen vehicles; calibration error {one.error:.3f}",
        xlabel="predicted probability of the same vehicle",
        ylabel="observed share of the same vehicle",
        xlim=(-0.02, 1.02),
        ylim=(-0.02, 1.02),
    )
    axes.grid(alpha=0.3)
