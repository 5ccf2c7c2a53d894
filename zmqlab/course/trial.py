"""What a check needs. A check runs in a process of its own, and all this with it.

`expect_return` calls the learner's function, and `peer` is the other side of its socket meanwhile.
What goes wrong comes out as `NotYet`, with the learner's own lines. What runs as a program is in
`programs`.
"""

import contextlib
import gc
import inspect
import itertools
import json
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from reprlib import Repr
from types import UnionType
from typing import Any

import lazy_loader
import zmq

import zmqlab
from zmqlab import ready, stop_all
from zmqlab.course.exercises import read
from zmqlab.course.verdicts import not_yours
from zmqlab.processes import observed
from zmqlab.wire import sockets

TIMEOUT = 4.0  # seconds for a reply, and for a short call

# Lines of a traceback that are not the learner's: ours, and pyzmq's (the compiled ones, too).
_folders = "|".join(re.escape(each.__path__[0]) for each in (zmqlab, lazy_loader, zmq))
_folders += r'|[^"\n]*[/\\]notebooks[/\\]exercises'
_OURS = re.compile(
    rf'^([ |]*)  File "({_folders}|zmq[/\\]backend|_zmq\.py")[^\n]*\n(\1    [^\n]*\n)*',
    re.MULTILINE,
)
_FITTING: dict[int, set[str]] = {zmq.ROUTER: {"REQ", "DEALER"}, zmq.XPUB: {"SUB"}}
_ENDINGS = {each.__code__ for each in (zmq.Context.term, zmq.Context.destroy)}  # they wait

_file = ""  # where the verdict goes
_verdict = threading.Lock()  # taken by the thread that gives it, and never given back
_needed, _made = set[str](), set[str]()  # kinds of sockets: one of these is needed now; were made
_kept: list[zmq.Socket] = []  # its sockets: what it forgets to close, Python would close for it

_short = Repr()
_short.maxstring = _short.maxother = 200


class Words(str):
    """What was expected, where words say it better than a value."""

    __repr__ = str.__str__


class NotYet(Exception):
    """An exercise is not solved yet.

    Parameters
    ----------
    text : str
        What is wrong, as a sentence.
    expected, got : optional
        What should have come, and what came.
    traceback : str
        Shown without our lines in it.
    """

    def __init__(
        self, text: str, expected: Any = None, got: Any = None, traceback: str = ""
    ) -> None:
        super().__init__(text)
        self.text, self.traceback = text, without_ours(traceback)
        self.expected: str | None = None
        self.got: str | None = None
        if expected is not None or got is not None:
            typed = type(expected) is not type(got)
            self.expected, self.got = (_shown(each, typed) for each in (expected, got))


def _shown(value, typed):
    """Return a value as Python writes it, with its type where that makes the difference."""
    typed = typed and value is not None and not isinstance(value, Words)
    return _short.repr(value) + f" ({type(value).__name__})" * typed


def without_ours(lines: str) -> str:
    """Return a traceback with the learner's lines and Python's, and none of the course's."""
    return _OURS.sub("", lines)


def expect(what: str, expected: Any, got: Any, mistakes: dict[str, Any] | None = None) -> None:
    """Raise `NotYet` unless `got` equals `expected`; `what` says what they are.

    `mistakes` are {what it looks like: the value that such a mistake gives}.
    """
    if not _same(expected, got):
        like = looks_like({words: _same(it, got) for words, it in (mistakes or {}).items()})
        if at := _first_shown(expected, got):
            like, expected, got = f"{like}, from index {at} on", expected[at:], got[at:]
        raise NotYet(f"{what}{like}:", expected, got)


def _first_shown(expected, got):
    """Return where to begin to show two lists that differ where neither would be shown."""
    if not isinstance(got, list) or _short.repr(expected) != _short.repr(got):
        return 0
    same = itertools.takewhile(lambda pair: _same(*pair), zip(expected, got, strict=False))
    return sum(1 for _ in same)


def looks_like(mistakes: dict[str, bool]) -> str:
    """Return which of the mistakes it is, to be put into a sentence: the first that is so."""
    return next((f" (it looks like {words})" for words, so in mistakes.items() if so), "")


def _same(expected, got):
    try:
        return bool(got == expected)
    except ValueError:  # an array has no one answer
        return False


def expect_type(what: str, kind: type | UnionType, got: Any, words: str) -> None:
    """Raise `NotYet` unless `got` is a `kind`, which `words` name."""
    if not isinstance(got, kind) or isinstance(got, bool):
        raise NotYet(f"{what}:", Words(words), got)


def misfit(verb: str, kinds: list[str], fitting: list[str]) -> str:
    """Say that sockets are of the wrong kind: of which, and which would fit."""
    made, needed = " and ".join(map(_with_article, kinds)), " or ".join(fitting)
    return f"It {verb} {made} socket where {_with_article(needed)} is needed."


def _with_article(kind):
    return f"{'an' if kind.startswith('X') else 'a'} {kind}"


def named(*parts: bytes) -> str:
    """Name a message in a sentence."""
    return _short.repr(parts[0]) if len(parts) == 1 else f"the parts {_short.repr([*parts])}"


def run(exercises: Path, name: str, function: Callable[..., Any], file: str) -> None:
    """Run the check of an exercise, write the verdict to `file`, and end this process."""
    global _file
    _file = file
    zmq.Context.socket = _socket  # type: ignore[method-assign, assignment]
    Path(f"{file}.begun").touch()
    threading.excepthook = _print_error
    check = next(exercise.check for exercise in read(exercises) if exercise.name == name)
    ready()
    try:
        said = check(function)
    except NotYet as error:
        _end_not_yet(error)
    except NotImplementedError:
        _end("not attempted", "Write the function first, in place of `raise NotImplementedError`.")
    except BaseException as error:
        text, lines = not_yours(error)
        _end("not yet", text, traceback=without_ours(lines))
    else:
        _end("passed", said)


def _print_error(thread):
    """Print the error that a thread of the learner's has ended with, without our lines."""
    lines = "".join(traceback.format_exception(thread.exc_value))
    print(without_ours(lines), file=sys.stderr)


def _end_not_yet(error):
    text = error.text
    if _needed and _made and not _needed & _made:
        text = f"{misfit('made', sorted(_made), sorted(_needed))} {text}"
    _end("not yet", text, error.expected, error.got, error.traceback)


def _end(state, text, expected=None, got=None, traceback=""):
    """Write the verdict and end this process, though its other threads may be busy for ever."""
    _verdict.acquire()
    verdict = {"state": state, "text": text, "expected": expected, "got": got}
    with open(f"{_file}.part", "w", encoding="utf-8") as file:
        json.dump(verdict | {"traceback": traceback}, file)
    os.replace(f"{_file}.part", _file)
    stop_all()
    sys.stdout.flush()
    observed.end()
    os._exit(0)


# The learner's function, called here


def expect_return(
    expected: Any,
    function: Callable,
    *args: Any,
    when: str,
    timeout: float = TIMEOUT,
    mistakes: dict[str, Any] | None = None,
) -> None:
    """Call the learner's function as `call` does; raise `NotYet` unless it returns this."""
    got = call(function, *args, when=when, timeout=timeout)
    expect(f"What it returns when {when}", expected, got, mistakes)


def call(
    function: Callable,
    *args: Any,
    when: str,
    timeout: float = TIMEOUT,
    story: Callable[[], str] = str,
) -> Any:
    """Call the learner's function and return what it returns.

    `when` completes "Called when ..."; `timeout` is in seconds. Where it fails, `story` says what
    happened elsewhere meanwhile.
    """
    timer = threading.Timer(timeout, _too_long, [timeout, when, threading.get_ident(), story])
    timer.daemon = True
    timer.start()
    try:
        got = function(*args)
    except (NotImplementedError, NotYet):
        raise
    except BaseException as error:  # SystemExit and KeyboardInterrupt too
        lines = "".join(traceback.format_exception(error))
        text = f"Called when {when}, it raised an error. {story()}".rstrip()
        raise NotYet(text, traceback=lines) from None
    finally:
        timer.cancel()
    if inspect.iscoroutine(got):
        got.close()
        raise NotYet("It returns a coroutine, which nobody runs: `asyncio.run(...)` would.")
    return got


def _too_long(timeout, when, thread, story):
    frame = sys._current_frames()[thread]  # noqa: SLF001 (there is no other way to see it)
    text = f"Called when {when}, it was still busy {timeout:g} s later. {story()}".rstrip()
    if frame.f_code in _ENDINGS:
        text += " Its context waits for sockets to be closed, and for what they sent to leave."
    _end_not_yet(NotYet(text, traceback="".join(traceback.format_stack(frame))))


def generated(function: Callable, *args: Any) -> Iterator:
    """Call the learner's function, which should be a generator, and return what it made."""
    made = function(*args)
    expect_type("What it returns", Iterator, made, "a generator: `yield` things one by one")
    return made


def open_sockets() -> int:
    """Return how many sockets of this process are not closed."""
    gc.collect()
    found = [each for each in gc.get_objects() if isinstance(each, zmq.Socket)]
    return sum(not each.closed and not each._shadow for each in found)  # noqa: SLF001 (asyncio's)


@contextlib.contextmanager
def nothing_left(when: str = "its calls are over") -> Iterator[None]:
    """Raise `NotYet` if threads or sockets of the learner's are left after the block."""
    sockets, threads = open_sockets(), set(threading.enumerate())
    yield
    left = set(threading.enumerate()) - threads
    # What watches how long a call takes is ours, and may just be ending.
    if names := [each.name for each in left if not isinstance(each, threading.Timer)]:
        raise NotYet(f"When {when}, a thread of it still runs: {names[0]}.")
    if (count := open_sockets() - sockets) > 0:
        raise NotYet(
            f"When {when}, {count} of its sockets are still open: close each, or use `with`."
        )


# What is beside it meanwhile


@contextlib.contextmanager
def in_thread(work: Callable, *args: Any) -> Iterator[None]:
    """Run `work(*args, over)` in a thread while the block runs; at its end the event is set."""
    over = threading.Event()
    thread = threading.Thread(target=work, args=(*args, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(2 * TIMEOUT)


@contextlib.contextmanager
def peer(kind: int, work: Callable, bind: str = "tcp://127.0.0.1:*") -> Iterator[str]:
    """Be the other side of the learner's socket while the block runs; yield the endpoint.

    `work(socket, over)` runs in a thread, with a bound socket of that kind, until the event is set.
    """
    with zmq.Context() as context, context.socket(kind) as socket:
        socket.linger = 0
        endpoint = sockets.bind(socket, bind)
        _needed.clear()
        _needed.update(_FITTING[kind])
        _made.clear()
        with in_thread(work, socket):
            yield endpoint


def _socket(context, *args, _make=zmq.Context.socket, **options):
    """Make a socket, keep it, and note its kind."""
    made = _make(context, *args, **options)
    _kept.append(made)
    _made.add(zmq.SocketType(made.type).name)
    return made
