"""A live camera: the newest frame, with its arrival time."""

from __future__ import annotations

import logging
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.errors import AccessError, SourceError
from app.frames.background import Newest
from app.frames.blank import Watch
from app.frames.calling import call_again
from app.frames.pace import slowness
from app.frames.steady_clock import SteadyClock
from app.frames.streams import open_stream, public_name
from detector.files.decoding import DecodeTally, ImageConverter, decode, describe
from detector.types import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from av.container import InputContainer
    from av.video.frame import VideoFrame

    from app.storage.outages import Outages
    from detector.files.decoding import SourceInfo

_log = logging.getLogger(__name__)

TIMEOUT_S: Final = 10.0
"""How long a camera may be silent: some send a keyframe only every few seconds."""
RECONNECT_S: Final = 600.0
"""How long a camera is called that does not answer: it may be restarting, or its network is."""
_MIN_STEP_S: Final = 1e-3
"""Two frames that arrive together are this far apart."""
_CLOCK: Final = SteadyClock()
_DEVICES: Final = {"linux": ("v4l2", "/dev/video{}"), "darwin": ("avfoundation", "{}")}
"""libav's input format and naming of capture devices by platform."""
_ADVICE: Final = "check that it is switched on and reachable, and the address and password"


@dataclass(frozen=True, slots=True)
class _Connection:
    """A camera that answers.

    Attributes:
        container: What libav reads, to be closed.
        first: Its first frame.
        pictures: Those after it.
        tally: Why they ended, once they have.
        info: What the stream says about itself.
    """

    container: InputContainer
    first: VideoFrame
    pictures: Generator[VideoFrame]
    tally: DecodeTally
    info: SourceInfo


class LiveSource:
    """An RTSP (or other) stream, or a capture device, of which only the newest frame is kept.

    It is called once, by the caller's thread, and read from the moment it is opened, so that
    nothing piles up at the sender. When it breaks off it is called again, until it answers, refuses
    the password or `reconnect_s` have passed; only a stream that says how long it is, such as a
    file behind a URL, has ended with its last frame.

    Args:
        camera_id: The camera.
        location: A URL, or the number of a device.
        clock_offset_s: Seconds to add to this machine's clock to get the true time.
        timeout_s: Longest wait for the connection and for each packet; after that the camera is
            lost.
        reconnect_s: How long a lost camera is called; 0 for not at all, infinity for ever.
        clock: Gives UTC seconds.

    Attributes:
        info: Size and rate, as the stream states them.
        warnings: Why it ended, and how often and how long it was away.

    Raises:
        AccessError: If it refuses name and password.
        SourceError: If it cannot be opened or sends no frame.
    """

    def __init__(
        self,
        camera_id: str,
        location: str | int,
        *,
        clock_offset_s: float = 0.0,
        timeout_s: float = TIMEOUT_S,
        reconnect_s: float = RECONNECT_S,
        clock: Callable[[], float] = _CLOCK,
    ) -> None:
        self.camera_id = camera_id
        self.live = True
        self.warnings: list[str] = []
        self._clock = clock
        self._clock_offset_s = clock_offset_s
        self._timeout_s = timeout_s
        self._reconnect_s = reconnect_s
        self._hung_up = threading.Event()
        self._outages = 0
        self._away_s = 0.0
        self._seen_at = time.monotonic()
        self._arrived = 0
        self._slowness_told = False
        self._name = f"device {location}" if isinstance(location, int) else public_name(location)
        self._demuxer, self._address = _address(camera_id, location)
        connection = self._connect()
        self.info = connection.info
        self._watch = Watch(camera_id, 1 / self.info.average_fps)
        self._newest = Newest(self._read(connection), name=f"live-{camera_id}")

    @property
    def outages(self) -> Outages:
        """When it delivered no frame and then one again, or blank ones, by their times."""
        return self._watch.outages

    @property
    def dropped(self) -> int:
        """How many frames came and went before anybody asked for them."""
        return self._newest.dropped

    @property
    def now(self) -> float:
        """The time that a frame would have which arrived now, UTC seconds."""
        return self._clock() + self._clock_offset_s

    @property
    def ended(self) -> bool:
        """Whether the last frame has been taken and none will come."""
        return self._newest.exhausted

    def slowness(self) -> str:
        """Return in words that too few of its pictures are looked at, "" if enough are."""
        return slowness(
            arrived=self._arrived,
            skipped=self.dropped,
            watched_s=self._watch.watched_s,
        )

    def latest(self) -> Frame | None:
        """Return the newest frame if it has not been returned yet; never waits."""
        if not self._slowness_told and (slow := self.slowness()):
            self._slowness_told = True
            _log.warning("camera %s: %s", self.camera_id, slow)
        return self._newest.take(wait=False)

    def frames(self) -> Generator[Frame]:
        """Yield the newest frame whenever the consumer is ready for one, until the camera ends."""
        while (frame := self._newest.take(wait=True)) is not None:
            yield frame

    def hang_up(self) -> None:
        """Have the camera closed with its next frame, and call it no more; never waits."""
        self._hung_up.set()
        self._newest.stop(wait=False)

    def close(self) -> None:
        """Hang up, and wait for that half a second at most, from the first call of either on."""
        self._hung_up.set()
        self._newest.stop()

    def _connect(self) -> _Connection:
        container, stream = open_stream(
            self.camera_id,
            self._address,
            advice=_ADVICE,
            demuxer=self._demuxer,
            # Over UDP, lost packets smear the image until the next keyframe.
            options={"rtsp_transport": "tcp"} if self._address.startswith("rtsp") else {},
            timeout_s=self._timeout_s,
        )
        tally = DecodeTally()
        pictures = decode(container, stream, tally, silence_s=self._timeout_s)
        first = next(pictures, None)
        if first is None:
            container.close()
            why = f" ({tally.failure})" if tally.failure else ""
            raise SourceError(f"camera {self.camera_id}: {self._name}: no frame{why}; {_ADVICE}")
        return _Connection(container, first, pictures, tally, describe(container, stream, first))

    def _read(self, connection: _Connection | None) -> Generator[Frame]:
        # An image of another size is scaled to what the camera had at first.
        convert = ImageConverter((self.info.width, self.info.height))
        timestamp = float("-inf")
        index = 0
        while connection is not None:
            with connection.container:
                picture: VideoFrame | None = connection.first
                while picture is not None:
                    timestamp = max(self.now, timestamp + _MIN_STEP_S)
                    frame = Frame(self.camera_id, index, timestamp, convert(picture))
                    self._watch.look(frame)
                    self._seen_at, self._arrived = time.monotonic(), index + 1
                    yield frame
                    index += 1
                    picture = next(connection.pictures, None)
            failure = connection.tally.failure
            is_over = connection.info.duration_s is not None and not failure
            try:
                connection = None if is_over else self._call_again(failure)
            except AccessError as error:
                connection, failure = None, error.refusal
        if self._hung_up.is_set():
            return
        self.warnings.append(f"{self._name}: the stream ended{failure and ': '}{failure}")
        _log.warning("camera %s: %s", self.camera_id, self.warnings[-1])

    def _call_again(self, failure: str) -> _Connection | None:
        """Return a new connection, None if there is none before the time is over.

        Raises:
            AccessError: If the camera refuses name and password by now.
        """
        if self._reconnect_s > 0:
            _log.warning(
                "camera %s: lost%s; reconnecting", self.camera_id, failure and f" ({failure})"
            )
        connection = call_again(
            self._connect,
            camera_id=self.camera_id,
            within_s=self._reconnect_s,
            hung_up=self._hung_up,
        )
        if connection is not None:
            self._note_outage(time.monotonic() - self._seen_at)
        return connection

    def _note_outage(self, length_s: float) -> None:
        """Log that a lost camera is back, and keep one warning of all such times."""
        self._outages += 1
        self._away_s += length_s
        _log.warning("camera %s: back after %.0f s", self.camera_id, length_s)
        times = "once" if self._outages == 1 else f"{self._outages} times"
        self.warnings[:] = [f"{self._name}: lost {times}, {self._away_s:.0f} s in all"]


def _address(camera_id: str, location: str | int) -> tuple[str | None, str]:
    """Return libav's input format (None: by content) and name for a URL or device number."""
    if isinstance(location, str):
        return None, location
    if sys.platform not in _DEVICES:
        raise SourceError(
            f"camera {camera_id}: device {location}: devices cannot be opened by number on "
            f"{sys.platform}; give a URL"
        )
    demuxer, pattern = _DEVICES[sys.platform]
    return demuxer, pattern.format(location)
