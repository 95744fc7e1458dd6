"""Networks of a run: records them, and loads them again for a query.

Embeddings can only be compared with embeddings of the same network, so a run keeps the fingerprint
of its weights, and a query must use the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.pipeline import Detector, Embedder
    from app.storage.store import Store
    from app.storage.store_reader import StoreReader
    from detector.yolo import DetectorSettings
    from reid.embedder import EmbedderSettings

DETECTOR_KEY: Final = "detector"
REID_KEY: Final = "reid"


def fingerprint(weights: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def record_models(store: Store, detector: DetectorSettings, embedder: EmbedderSettings) -> None:
    """Keep in the store which networks the run uses.

    Raises:
        FileNotFoundError: If there are no such ReID weights.
    """
    from reid.model import find_weights

    store.set_meta(DETECTOR_KEY, _portable(asdict(detector)))
    reid = {**_portable(asdict(embedder)), "sha256": fingerprint(find_weights(embedder.weights))}
    store.set_meta(REID_KEY, reid)


def uses_default_reid(store: StoreReader) -> bool:
    """Return whether a run's vectors are of the default weights, of which more was measured."""
    from reid.model import DEFAULT_WEIGHTS

    return bool(store.meta(REID_KEY, {}).get("weights") == DEFAULT_WEIGHTS)


def check_same_reid(stores: Sequence[StoreReader]) -> None:
    """Raise unless distances to the vectors of all these runs can be compared.

    Raises:
        StoreError: If a run's were made with other weights than the first one's, or it does not say
            with which; never of a single run.
    """
    if len(stores) < 2:
        return
    first, *others = ((store, _settings(store, REID_KEY).get("sha256", "")) for store in stores)
    for store, made_with in others:
        if made_with != first[1]:
            raise StoreError(
                f"{store.path}: its embeddings were computed with other ReID weights than those of "
                f"{first[0].path} (SHA-256 {made_with[:12]} and {first[1][:12]}), so that their "
                "distances cannot be compared; search these runs separately"
            )


def check_made_with(store: StoreReader, embedder: EmbedderSettings) -> None:
    """Raise unless a run's vectors are of a certain network.

    Raises:
        StoreError: If they are not, or the run does not say of which.
        FileNotFoundError: If there are no such ReID weights.
    """
    from reid.model import find_weights

    made_with = _settings(store, REID_KEY).get("sha256", "")
    found = fingerprint(find_weights(embedder.weights))
    if made_with != found:
        raise StoreError(
            f"{store.path}: its embeddings were computed with other ReID weights than "
            f"{embedder.weights} (SHA-256 {made_with[:12]} and {found[:12]}); learn from a run "
            "with the same weights"
        )


def load_detector(store: StoreReader, *, device: str = "auto") -> Detector:
    """Return the detector that the run was made with.

    Args:
        store: The run's.
        device: Where it computes, see `detector.computing.devices.choose_device`.

    Raises:
        StoreError: If the run does not record which.
        ConfigError: If it cannot be loaded.
    """
    from detector.yolo import DetectorSettings, YoloDetector

    try:
        return YoloDetector(
            DetectorSettings(**{**_settings(store, DETECTOR_KEY), "device": device})
        )
    except FileNotFoundError as error:
        raise ConfigError(
            f"the run's detector cannot be loaded: {error}; {_put_back(store)}, or give its box "
            "(x,y,width,height)"
        ) from error
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the run's detector cannot be loaded: {error}") from error


def load_embedder(store: StoreReader, *, device: str = "auto") -> Embedder:
    """Return the embedder that the run's vectors were made with.

    Args:
        store: The run's.
        device: Where it computes, see `detector.computing.devices.choose_device`.

    Raises:
        StoreError: If the run does not record which, or the weights have changed since.
        ConfigError: If it cannot be loaded.
    """
    # Imported here because PyTorch takes seconds, and most queries do without.
    from reid.embedder import Embedder as ScanEmbedder
    from reid.embedder import EmbedderSettings
    from reid.model import find_weights

    settings = _settings(store, REID_KEY)
    expected = settings.pop("sha256", "")
    try:
        wanted = EmbedderSettings(**{**settings, "device": device})
        found = fingerprint(find_weights(wanted.weights))
        if found != expected:
            raise StoreError(
                f"{store.path}: its embeddings were computed with other ReID weights than "
                f"{wanted.weights} has now (SHA-256 {expected[:12]} expected, {found[:12]} found)"
            )
        return ScanEmbedder(wanted)
    except FileNotFoundError as error:
        raise ConfigError(
            f"the run's ReID network cannot be loaded: {error}; {_put_back(store)}, or search by "
            "an identity or a sighting, which needs none"
        ) from error
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the run's ReID network cannot be loaded: {error}") from error


def _settings(store: StoreReader, key: str) -> dict[str, Any]:
    settings = store.meta(key)
    if settings is None:
        raise StoreError(f"{store.path}: the run does not record which {key} weights it used")
    weights = Path(settings.get("weights", ""))
    beside = _folder(store) / weights.name
    # Only where a file was given: of shipped weights the bare name is kept.
    if weights.is_absolute() and not weights.is_file() and beside.is_file():
        return {**settings, "weights": str(beside)}
    return dict(settings)


def _folder(store: StoreReader) -> Path:
    """Return the folder of a run, which may have been moved without the weights that it used."""
    return store.path.parent


def _put_back(store: StoreReader) -> str:
    return f"put the file back, or into {_folder(store)}"


def _portable(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings that mean the same from another folder and on another device."""
    weights = Path(settings["weights"])
    found = str(weights.resolve()) if weights.is_file() else settings["weights"]
    return {**settings, "weights": found, "device": "auto"}
