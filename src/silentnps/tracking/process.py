"""MLflow in a process of its own: it is imported, and the store is reached, while this process computes.

Importing MLflow takes seconds on one core, and creating a store as long again. In between, the process takes other
tasks whose results are not needed at once, such as pictures. It is a Python program that reads tasks from its
standard input and writes what came of each to its standard output, so nothing of the program that started it is run
again. It ends with its input, however the process that holds the other end did.
"""

from __future__ import annotations

import gc
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any

from silentnps.errors import ModelError
from silentnps.tracking import RegisteredVersion

if TYPE_CHECKING:
    from silentnps.tracking.address import Store
    from silentnps.tracking.records import EstimateRecord, TrainingRecord

_PROGRAM = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from silentnps.tracking.process import serve; serve()"
)
_PATIENCE_SECONDS = 60.0
"""How long a task that was begun may take to end: a store that is half created would be of no use."""

_WORKING = threading.Lock()
"""Held by the process while it reads or writes a store."""


class Tracker:
    """MLflow in this process."""

    def expect_training(self, store: Store) -> Callable[[], None]:
        """Begin to check that the store can be used; the function that is returned waits for the result.

        Errors are those of `check_store`.
        """
        checked = self.begin("tracking.store:check_store", store)
        self.prepare("tracking.logged_model")
        return checked

    def expect_estimate(self, store: Store, registered: RegisteredVersion) -> None:
        """Begin to reach the run of a model; what is wrong with it is said when the estimate is logged."""
        self.prepare("tracking.estimates:find_run", store, registered)

    def log_training(self, store: Store, record: TrainingRecord) -> RegisteredVersion:
        """Log a training and register its model, as `runs.log_training`."""
        registered: RegisteredVersion = self.begin("tracking.runs:log_training", store, record)()
        return registered

    def log_estimate(self, store: Store, registered: RegisteredVersion, record: EstimateRecord) -> None:
        """Add an estimate to the run of its model, as `estimates.log_estimate`."""
        self.begin("tracking.estimates:log_estimate", store, registered, record)()

    def begin(self, task: str, *arguments: object) -> Callable[[], Any]:
        """Begin a function of this package, such as `tracking.store:check_store`; what is returned waits for it.

        Arguments and result travel pickled where the function runs in another process. Errors are those of the
        function, raised here or by the waiting.
        """
        result = _named(task)(*arguments)
        return lambda: result

    def prepare(self, task: str, *arguments: object) -> None:
        """Do something whose result nobody needs, where that costs no time: call a function or import a module."""


IN_THIS_PROCESS = Tracker()


class TrackingProcess(Tracker):
    """MLflow in another process, which takes tasks one after the other."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._n_begun = 0
        self._outcomes: list[tuple[bool, Any]] = []
        self._send(sys.path)

    def begin(self, task: str, *arguments: object) -> Callable[[], Any]:
        """Send a task; see `Tracker.begin`."""
        pickled = pickle.dumps((task, arguments))
        number = self._n_begun
        self._n_begun += 1
        self._send(pickled)
        return lambda: self._result(number)

    def prepare(self, task: str, *arguments: object) -> None:
        """Send a task without waiting for it."""
        self.begin(task, *arguments)

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    def end(self) -> None:
        """End the process, after the task that it is at if that is at a store."""
        self._send(None)
        with suppress(OSError):
            _stream(self._process.stdin).close()
        try:
            self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        finally:
            _stream(self._process.stdout).close()

    def _send(self, value: object) -> None:
        with suppress(OSError):  # it has ended, which is said where a result is expected
            pickle.dump(value, _stream(self._process.stdin))
            _stream(self._process.stdin).flush()

    def _result(self, number: int) -> Any:
        while len(self._outcomes) <= number:
            self._outcomes.append(self._next_outcome())
        succeeded, value = self._outcomes[number]
        if not succeeded:
            raise value
        return value

    def _next_outcome(self) -> tuple[bool, Any]:
        try:
            return self._read()
        except KeyboardInterrupt:
            self._interrupt()
            raise
        except (EOFError, pickle.UnpicklingError):
            code = self._process.wait()
            raise ModelError(
                f"the process that writes to MLflow ended with code {code} before it was done. What it printed "
                "says why; if it printed nothing, look whether memory ran out. Then run the command again."
            ) from None

    def _read(self) -> tuple[bool, Any]:
        succeeded, value = pickle.loads(pickle.load(_stream(self._process.stdout)))
        return succeeded, value

    def _interrupt(self) -> None:
        """Let the process say in the store that its run was ended."""
        with suppress(ValueError, subprocess.TimeoutExpired):  # on Windows there is no such signal
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_PATIENCE_SECONDS)


@contextmanager
def tracking_process() -> Iterator[Tracker]:
    """Track in a process that ends with the block; where nothing is won by that, in this one.

    Nothing is where MLflow is imported already, and where there is one core alone.
    """
    if "mlflow" in sys.modules or not sys.executable or _n_cores() == 1:
        yield IN_THIS_PROCESS
        return
    with process_of_its_own() as tracker:
        yield tracker


@contextmanager
def process_of_its_own() -> Iterator[TrackingProcess]:
    """Track in a process that starts now and ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-P", *(f"-W{option}" for option in sys.warnoptions), "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if sys.stderr is None else None,
        process_group=0,  # Ctrl-C is for this process, which lets the other end what it has begun
    )
    tracker = TrackingProcess(process)
    try:
        yield tracker
    finally:
        tracker.end()


def serve() -> None:
    """Run the tasks of the standard input, one after the other, until it ends."""
    gc.set_threshold(50_000, 20, 20)  # as the command line: nearly all that imports make lives until the end
    inputs, outputs = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    with suppress(OSError):
        os.dup2(2, 1)  # what MLflow prints is for people
    tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    outcomes: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_tasks, args=(inputs, tasks), daemon=True).start()
    threading.Thread(target=_write_outcomes, args=(outcomes, outputs), daemon=True).start()
    try:
        import_module("silentnps.tracking.estimates")  # before the first task is there
        while True:
            outcomes.put(_outcome(tasks.get()))
    except KeyboardInterrupt:
        os._exit(1)


def _write_outcomes(outcomes: queue.SimpleQueue[bytes], outputs: IO[bytes]) -> None:
    """Write what came of tasks: a pipe takes no more than it has room for until somebody reads, and tasks go on."""
    try:
        while True:
            pickle.dump(outcomes.get(), outputs)
            outputs.flush()
    finally:  # nobody would learn what comes of tasks
        os._exit(1)


def _read_tasks(inputs: IO[bytes], tasks: queue.SimpleQueue[bytes]) -> None:
    """Take tasks from the input, until the process must end.

    None ends it as soon as no task is at the store. An input that ends without None, as its other end was killed,
    ends it at once.
    """
    try:
        while (task := pickle.load(inputs)) is not None:
            tasks.put(task)
        _WORKING.acquire()
    finally:
        os._exit(0)


def _outcome(task: bytes) -> bytes:
    """Run a task; return whether it succeeded, and its result or its error, pickled."""
    try:
        name, arguments = pickle.loads(task)
        del task
        function = _named(name)
        with _WORKING if name.startswith("tracking.") else nullcontext():
            return pickle.dumps((True, function(*arguments)))
    except Exception as error:
        error.add_note(traceback.format_exc())  # an error that travels leaves its traceback behind
        try:
            pickled = pickle.dumps((False, error))
            pickle.loads(pickled)
        except Exception:
            return pickle.dumps((False, RuntimeError(traceback.format_exc())))
        return pickled


def _named(task: str) -> Callable[..., Any]:
    """Return a function of this package by module and name; of a module alone, that it is imported is all."""
    module, _, function = task.partition(":")
    imported = import_module(f"silentnps.{module}")
    return getattr(imported, function) if function else lambda: None


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    """Return a pipe of a process that was started with one."""
    if stream is None:
        raise ValueError("the process must have been started with pipes")
    return stream


def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
