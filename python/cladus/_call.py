"""Running the program: its events, its end, and the end of it."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from typing import IO, Any, TypedDict, cast

from . import _binary
from .errors import CladusError, CladusWarning, of_code

# How long a signal that a whole terminal or kernel got may take to show before it is passed on.
_SIGNAL_SHOWS = 0.5


class Event(TypedDict, total=False):
    """What the program tells while it works; which members there are depends on `event`.

    ``stage`` (`stage` begins), ``progress`` (`done` of `total`, the parents `made` last, what was `spent`),
    ``done`` (`stage`, `summary`, `seconds`, `spent`), ``line`` and ``warning`` (`text`), ``interrupted``
    (`in_flight`, calls that are waited for) and ``error`` (`code`, `message`, `causes`, `hint`).
    """

    event: str
    stage: str
    done: int
    total: int
    made: list[str]
    spent: dict[str, Any] | None
    summary: str
    seconds: float
    text: str
    in_flight: int
    code: int
    message: str
    causes: list[str]
    hint: str | None


Watch = Callable[[Event], None]


def _nobody(_event: Event) -> None:
    pass


class Call:
    """One run of the program. `wait` is where a caller sits; `interrupt` may come from any thread."""

    def __init__(self, words: Sequence[str | os.PathLike[str]], watch: Watch = _nobody) -> None:
        self._watch = watch
        self._asked_to_stop = False
        self._stopping = threading.Event()
        self._error: Event | None = None
        self._said: list[str] = []
        # Events, lines that are none, and nothing at the end.
        self._told: queue.SimpleQueue[Event | str | None] = queue.SimpleQueue()
        self._out: list[str] = []
        line = [_binary.find(), "--progress", "json", *(os.fspath(word) for word in words)]
        self._process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        self._readers = [
            threading.Thread(target=self._read_out, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_err, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_out(self, out: IO[str]) -> None:
        self._out.append(out.read())

    def _read_err(self, err: IO[str]) -> None:
        for line in err:
            event = _event(line)
            if event is not None and event.get("event") == "interrupted":
                self._stopping.set()
            self._told.put(line.rstrip("\n") if event is None else event)
        self._told.put(None)

    def _events(self) -> None:
        """Passes events on until there are none any more."""
        while True:
            try:
                # With a limit, so that Ctrl-C is heard on every system.
                event = self._told.get(timeout=0.2)
            except queue.Empty:
                continue
            if event is None:
                return
            if isinstance(event, str):
                self._said.append(event)
                continue
            kind = event.get("event")
            if kind == "error":
                self._error = event
            elif kind == "warning":
                warnings.warn(event.get("text", ""), CladusWarning, stacklevel=6)
            self._watch(event)

    def wait(self) -> str:
        """What the program printed, once it has ended well.

        Raises:
            CladusError: It did not.
            KeyboardInterrupt: It was interrupted, and has ended in order.
        """
        interrupted = False
        while True:
            try:
                self._events()
                code = self._process.wait()
                break
            except KeyboardInterrupt:
                interrupted = True
                self.interrupt()
            except BaseException:
                # Whoever watches has failed: nothing goes on unseen.
                self.interrupt()
                self._process.wait()
                raise
        for reader in self._readers:
            reader.join()
        if interrupted:
            raise KeyboardInterrupt
        if code == 0:
            return "".join(self._out)
        raise self._failure(code)

    def interrupt(self) -> None:
        """Asks the program to end in order; once more, to end at once."""
        again = self._asked_to_stop
        self._asked_to_stop = True
        if os.name == "nt":
            # What a console is told reaches everybody in it; elsewhere there is no way to ask.
            deadline = time.monotonic() + _SIGNAL_SHOWS
            while self._process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            self._process.terminate()
            return
        # Ctrl-C at a terminal reaches the program by itself, and twice would end it at once.
        if again or not self._heard():
            self._process.send_signal(signal.SIGINT)

    def _heard(self) -> bool:
        deadline = time.monotonic() + _SIGNAL_SHOWS
        while time.monotonic() < deadline:
            if self._stopping.is_set() or self._process.poll() is not None:
                return True
            time.sleep(0.02)
        return False

    def _failure(self, code: int) -> CladusError:
        error = self._error
        if error is not None:
            hint, causes = error.get("hint"), error.get("causes", [])
            return of_code(code, error.get("message", ""), hint=hint, causes=causes)
        if code < 0:
            return of_code(
                code,
                f"cladus was ended by {_signal(-code)}; what was made is intact",
                hint="the same call goes on from there",
            )
        # The command line is refused before anybody can say how.
        said = "\n".join(self._said).strip()
        message, _, rest = said.removeprefix("error: ").partition("\n\n")
        return of_code(code, message or f"cladus ended with exit code {code}", hint=rest or None)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _event(line: str) -> Event | None:
    if not line.startswith("{"):
        return None
    try:
        found: object = json.loads(line)
    except ValueError:
        return None
    return cast("Event", found) if isinstance(found, dict) and "event" in found else None


def call(*words: str | os.PathLike[str], watch: Watch = _nobody) -> str:
    """What ``cladus WORDS`` prints.

    Raises:
        CladusError: It ended with another exit code than 0.
    """
    return Call(words, watch).wait()


def call_json(*words: str | os.PathLike[str], watch: Watch = _nobody) -> Any:
    """What ``cladus WORDS --json`` prints, read."""
    return json.loads(call(*words, "--json", watch=watch))
