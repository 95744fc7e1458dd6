"""What a page of `app.browse` is asked for, as the query of its address.

All that a search depends on is in the address: it can be kept, opened again, and gone back to.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, Protocol, Self
from urllib.parse import urlencode

from app.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE: Final = 24
"""Vehicles that are listed at first, and more each time."""

MOST: Final = 1000
"""Vehicles in a page, as in the report of a run."""

FILTERS: Final = ("camera", "kind", "after", "before", "top", "latest")
"""Fields of `Asked` that say which vehicles are listed, whatever is searched for."""


class Parameters(Protocol):
    """The query of an address, where a name may be given several times."""

    def getlist(self, key: str) -> Sequence[str]:
        """Return all values of a name, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question in words, as typed or clicked.

    Attributes:
        picture: Uploaded pictures of the vehicle, each as `key@x,y,w,h`: which one, and the box.
        sighting: Sightings that are the vehicle, as `app.query --sighting` takes them.
        identity: Identities that are the vehicle.
        wrong: Sightings and identities that are not; `not` in addresses.
        camera: Only vehicles that these cameras saw; empty for all.
        kind: Only vehicles of these classes; `class` in addresses.
        after: Only vehicles in view then or later; empty for all.
        before: Only vehicles in view then or earlier; empty for all.
        top: Most vehicles.
        latest: Whether the list begins with the vehicles that were in view last.
        reload: Whether the page loads itself again, as long as a run is in progress.
    """

    picture: tuple[str, ...] = ()
    sighting: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    camera: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    after: str = ""
    before: str = ""
    top: int = PAGE
    latest: bool = False
    reload: bool = False

    @classmethod
    def of(cls, query: Parameters) -> Self:
        """Return what the query of an address asks.

        Raises:
            ConfigError: If the number of vehicles is none.
        """
        found: dict[str, Any] = {}
        for name in (field.name for field in fields(cls)):
            values = [value for value in query.getlist(_IN_ADDRESS.get(name, name)) if value]
            if name == "top":
                top = values[-1] if values else str(PAGE)
                found[name] = number_of(name, top, what="vehicles", most=MOST)
            elif name in ("latest", "reload"):
                found[name] = bool(values)
            elif name in ("after", "before"):
                found[name] = values[-1] if values else ""
            else:
                found[name] = tuple(dict.fromkeys(values))
        return cls(**found)

    @property
    def searches(self) -> bool:
        """Whether it names a vehicle, rather than to list those that pass."""
        return bool(self.picture or self.sighting or self.identity)

    @property
    def query(self) -> str:
        """It as the query of an address, without what is as usual."""
        return urlencode(self.pairs())

    def pairs(self, *left_out: str) -> list[tuple[str, str]]:
        """Return names and values of an address, without those of some fields."""
        pairs = []
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if name in left_out or (name == "top" and value == PAGE):
                continue
            if isinstance(value, bool):
                value = "yes" if value else ""
            values = value if isinstance(value, tuple) else (str(value),)
            pairs += [(_IN_ADDRESS.get(name, name), one) for one in values if one]
        return pairs

    def also(self, **more: str) -> Self:
        """Return the same with one more value of a field each; what was right may be `wrong` now.

        >>> Asked(sighting=("gate:7",)).also(wrong="gate:7").query
        'not=gate%3A7'
        """
        found = self
        for name, value in more.items():
            for field_name in {name, "sighting", "identity", "wrong"}:
                found = found.without(field_name, value)
            found = found._with(name, (*getattr(found, name), value))
        return found

    def without(self, name: str, value: str) -> Self:
        """Return the same without one value of a field."""
        return self._with(name, tuple(one for one in getattr(self, name) if one != value))

    def renamed(self, before: str, after: str) -> Self:
        """Return the same where an identity has another name now.

        >>> Asked(identity=("46", "12"), wrong=("7",)).renamed("46", "12").query
        'identity=12&not=7'
        """
        names, wrong = (
            tuple(dict.fromkeys(after if one == before else one for one in known))
            for known in (self.identity, self.wrong)
        )
        # Somebody looked at both since: what is the vehicle is not ruled out.
        return replace(self, identity=names, wrong=tuple(one for one in wrong if one not in names))

    def longer(self) -> Self:
        """Return the same with more vehicles listed."""
        return replace(self, top=min(self.top + PAGE, MOST))

    def other_reload(self) -> Self:
        """Return the same in a page that loads itself again if this one does not."""
        return replace(self, reload=not self.reload)

    def _with(self, name: str, values: tuple[str, ...]) -> Self:
        changed: dict[str, Any] = {name: values}
        return replace(self, **changed)


_IN_ADDRESS: Final = {"wrong": "not", "kind": "class"}
"""Names that Python keeps for itself."""


def number_of(name: str, text: str, *, what: str, most: int) -> int:
    """Return how many of something a page is to list.

    Args:
        name: What the address calls it.
        text: The number as the address has it.
        what: What is listed, in the plural.
        most: The largest number.

    Raises:
        ConfigError: If it is no number from 1 to `most`.
    """
    # Not of any length: Python refuses numbers of some thousand digits.
    if text.isdecimal() and len(text) < 10 and 1 <= int(text) <= most:
        return int(text)
    raise ConfigError(f"{name} {text}: expected a number of {what} from 1 to {most}")


def href(path: str, asked: Asked, *left_out: str, **more: str | Sequence[str]) -> str:
    """Return the address of a page.

    Args:
        path: The page.
        asked: The search that it belongs to.
        left_out: Fields of it to leave out.
        more: What else the page is to know: one value, or several.

    >>> href("/view", Asked(sighting=("gate:7",)), camera_of="gate")
    '/view?sighting=gate%3A7&camera_of=gate'
    """
    query = urlencode([*asked.pairs(*left_out), *more.items()], doseq=True)
    return f"{path}?{query}" if query else path
