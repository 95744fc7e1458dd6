"""Whether the way from one camera to another bends: how much headings say there is learned.

A vehicle mostly heads for where it is seen next, and comes from where it was seen before
(`ways.Ways.heading`). Where the road turns in between, at a roundabout or a crossing beside the
picture, none of that way does, time and again. So each way has a share of moves that bend, for
which headings say nothing: small where nothing is known, and learned together with travel times.

Links of which headings disagree would never be learned if headings counted from the beginning. So
the first round of learning takes half of the ways to bend: looks and times must find the links
alone. That takes some traffic; before, chance would make ways bend.

On the product's tracklets of four rendered development scenes (`validation-1` to `-3`, `train-4`)
it gave mean IDF1 0.830 (online 0.769) in place of 0.818 (0.770). First shares of 0.1 and 0.2 gave
less, usual ones of 0.003 and weights of 3 the same within 0.002 (online up to 0.01 less).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tracking.zones import MAX_ZONES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracking.gap_densities import Moves

USUAL_SHARE: Final = 0.01
"""Of moves that bend, where nothing is known."""

FIRST_SHARE: Final = 0.5
"""The same in the first round of learning."""

GUESSED_SHARE: Final = 0.05
"""By which the moves of that round are judged."""

LEAST_SIGHTINGS: Final = 120
"""Before so many, learning does not expect bends."""

PRIOR_MATCHES: Final = 6.0
"""Weight of the usual share on that of two cameras, and of theirs on that of two zones."""


class Bends:
    """Shares of the moves that bend, at two levels of detail: two cameras, and two of their zones.

    Args:
        n_cameras: How many cameras there are.
        moves: What was seen; None before anything was.
        usual: Share of moves that bend, where nothing is known.
    """

    def __init__(
        self, n_cameras: int, moves: Moves | None = None, *, usual: float = USUAL_SHARE
    ) -> None:
        self._n_cameras = n_cameras
        self._usual = usual
        self._levels: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
        if moves is not None and moves.bent is not None:
            weights = moves.weight, moves.weight * moves.bent
            for row, size in self._rows(moves.source, moves.target):
                total, bent = (
                    np.bincount(row, weight, size).astype(np.float64) for weight in weights
                )
                self._levels.append((total, bent))

    def log_ratio(
        self,
        source: NDArray[np.intp],
        target: NDArray[np.intp],
        heading: NDArray[np.float64],
        *,
        own: NDArray[np.float64] | None = None,
        own_bent: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Return what headings say where some ways bend.

        Args:
            source: Cells of the departures; intp (E,).
            target: Cells of the arrivals; intp (E,).
            heading: float64 (E,), what they say of a way that does not bend (`Ways.heading`).
            own: Weight that each pair itself has among the moves, which is left out; 0 if not
                given.
            own_bent: The part of it that counts as bent; likewise.

        Returns:
            float64 (E,), log-ratio for one vehicle.
        """
        share = self._share(source, target, own, own_bent)
        mixed = np.log(share + (1 - share) * np.exp(heading))
        return np.asarray(np.where(heading == 0, 0.0, mixed))

    def bent(
        self,
        source: NDArray[np.intp],
        target: NDArray[np.intp],
        heading: NDArray[np.float64],
        *,
        own: NDArray[np.float64] | None = None,
        own_bent: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Return the probability that a move bends, given its headings; see `log_ratio`.

        Moves whose headings are not known count as straight.
        """
        share = self._share(source, target, own, own_bent)
        bent = share / (share + (1 - share) * np.exp(heading))
        return np.asarray(np.where(heading == 0, 0.0, bent))

    def _rows(
        self, source: NDArray[np.intp], target: NDArray[np.intp]
    ) -> tuple[tuple[NDArray[np.intp], int], ...]:
        """Return for each level the row of each pair, and how many rows there are."""
        n, cells = self._n_cameras, self._n_cameras * MAX_ZONES
        return (
            (source // MAX_ZONES * n + target // MAX_ZONES, n * n),
            (source * cells + target, cells * cells),
        )

    def _share(
        self,
        source: NDArray[np.intp],
        target: NDArray[np.intp],
        own: NDArray[np.float64] | None,
        own_bent: NDArray[np.float64] | None,
    ) -> NDArray[np.float64]:
        share = np.full(len(source), self._usual)
        if not self._levels:
            return share
        less = np.zeros(len(source)) if own is None else own
        less_bent = np.zeros(len(source)) if own_bent is None else own_bent
        rows = self._rows(source, target)
        for (total, bent), (row, _) in zip(self._levels, rows, strict=True):
            seen = np.maximum(total[row] - less, 0.0)
            seen_bent = np.clip(bent[row] - less_bent, 0.0, seen)
            share = (seen_bent + PRIOR_MATCHES * share) / (seen + PRIOR_MATCHES)
        return share
