"""What a page of `app.browse` is asked about vehicles that travel together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from app.browsing.asked import number_of
from app.errors import ConfigError
from app.search.companions import FEWEST_CAMERAS, WITHIN_S

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

PAGE: Final = 10
"""Pairs that are listed at first, and more each time: as of the command."""

MOST: Final = 200
"""Pairs in a page; each has the pictures of up to 24 sightings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Whose company is asked for, and how close, as typed; times are those of `Asked`.

    Attributes:
        of: The identity; empty for all pairs.
        within: Seconds within which vehicles pass a camera together.
        at_least: In how many cameras.
        top: Most pairs.
    """

    of: str = ""
    within: str = f"{WITHIN_S:g}"
    at_least: str = str(FEWEST_CAMERAS)
    top: int = PAGE

    @classmethod
    def asked(cls, query: QueryParams) -> Self:
        """Return what the query of an address asks.

        Raises:
            ConfigError: If the number of pairs is none.
        """
        given = {name: query.get(name, "").strip() for name in ("of", "within", "at_least")}
        pairs = query.get("pairs", "") or str(PAGE)
        top = number_of("pairs", pairs, what="pairs", most=MOST)
        return cls(**{name: text for name, text in given.items() if text}, top=top)

    @property
    def values(self) -> dict[str, str]:
        """Names and values of an address, of what is not as usual."""
        usual = Company()
        given = {"of": self.of, "within": self.within, "at_least": self.at_least}
        given = {k: text for k, text in given.items() if text != getattr(usual, k)}
        return given if self.top == PAGE else given | {"pairs": str(self.top)}

    def longer(self) -> Self:
        """Return the same with more pairs listed."""
        return replace(self, top=min(self.top + PAGE, MOST))

    @property
    def within_s(self) -> float:
        """Seconds.

        Raises:
            ConfigError: If it is no number.
        """
        try:
            return float(self.within)
        except ValueError:
            raise ConfigError(f"within {self.within} s: expected seconds, such as 10") from None

    @property
    def least_cameras(self) -> int:
        """Cameras.

        Raises:
            ConfigError: If it is no number.
        """
        try:
            return int(self.at_least)
        except ValueError:
            raise ConfigError(
                f"at {self.at_least} cameras: expected a number, such as {FEWEST_CAMERAS}"
            ) from None
