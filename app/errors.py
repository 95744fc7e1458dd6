"""Errors that a user can meet; each becomes one clear line and an exit code in the commands."""

from __future__ import annotations


class ScanTrackError(Exception):
    """Something the user can correct; its text is one line: what, where, and what to do."""

    exit_code = 1


class ConfigError(ScanTrackError):
    """A configuration file or option is wrong."""

    exit_code = 2


class SourceError(ScanTrackError):
    """A camera, recording or image cannot be read."""

    exit_code = 3


class AccessError(SourceError):
    """A camera refuses name and password; some lock an account that asks again.

    Attributes:
        refusal: What it said and what to do, without the camera's name and address.
    """

    def __init__(self, where: str, refusal: str) -> None:
        super().__init__(f"{where}: {refusal}")
        self.refusal = refusal


class TooManyFilesError(SourceError):
    """A camera cannot be read because this process, or the machine, has too many files open."""


class StoreError(ScanTrackError):
    """A store is missing, of another version, or not what was expected."""

    exit_code = 4


class OutputError(ScanTrackError):
    """A result cannot be written."""

    exit_code = 5


class QueryError(ScanTrackError):
    """A query has no subject: no vehicle in the image, no such identity."""

    exit_code = 6
