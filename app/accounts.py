"""Name of the current account."""

from __future__ import annotations

import getpass

from app.errors import ConfigError


def current_user() -> str:
    """Return the name of the account that runs this.

    Raises:
        ConfigError: If it has none.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # by version and platform: an account without a name
        raise ConfigError("the account name is unknown here: give a name with --by NAME") from None
