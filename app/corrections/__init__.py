"""Manual corrections of identities."""
