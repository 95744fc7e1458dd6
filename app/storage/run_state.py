"""Has a run come to its end?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.storage.store import Store
    from app.storage.store_reader import StoreReader

_TRACKED_KEY: Final = "tracked"


def mark_tracked(store: Store) -> None:
    """Note that all identities of a run have been decided."""
    store.set_meta(_TRACKED_KEY, True)


def is_tracked(store: StoreReader) -> bool:
    """Return whether they have; else the run goes on, or broke off: the store cannot tell which."""
    tracked: bool = store.meta(_TRACKED_KEY, False)
    return tracked
