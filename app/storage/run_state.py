"""Has a run come to its end, and to that of its recordings?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.storage.store import Store
    from app.storage.store_reader import StoreReader

_TRACKED_KEY: Final = "tracked"
_CUT_SHORT_KEY: Final = "cut_short"


def mark_tracked(store: Store, *, cut_short: bool = False) -> None:
    """Note that all identities of a run have been decided.

    Args:
        store: The run.
        cut_short: Whether it was stopped before the end of its recordings.
    """
    store.set_meta(_TRACKED_KEY, True)
    store.set_meta(_CUT_SHORT_KEY, cut_short)


def is_tracked(store: StoreReader) -> bool:
    """Return whether they have; else the run goes on, or broke off: the store cannot tell which."""
    tracked: bool = store.meta(_TRACKED_KEY, False)
    return tracked


def is_cut_short(store: StoreReader) -> bool:
    """Return whether a run that has come to its end left a part of its recordings unread."""
    cut_short: bool = is_tracked(store) and store.meta(_CUT_SHORT_KEY, False)
    return cut_short
