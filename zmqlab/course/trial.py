"""What the checks of exercises share. They run in a process of their own, and all this with them.

A check calls the learner's function with `call`, or runs the learner's server with `served` and
talks to it with `ask`. What goes wrong there comes out as `NotYet`, with the learner's own lines.
"""

import contextlib
import gc
import json
import os
import queue
import re
import socket as plain_sockets
import sys
import threading
import time
import traceback
from reprlib import Repr

import zmq

from zmqlab import StartError, process, ready, start, stop_all
from zmqlab.course.exercises import LAST_LINES
from zmqlab.processes import observed

PATIENCE = 4.0  # seconds our clients wait for a reply
STARTING = 8.0  # seconds a server may take to bind

# Lines of a traceback that are not the learner's business: ours, and pyzmq's compiled ones.
_OURS = re.compile(
    r'  File "[^"]*(zmqlab[/\\](course[/\\]|processes[/\\]child\.py)|zmq[/\\]backend)[^\n]*\n(    [^\n]*\n)*'
)
_file = None  # where the verdict goes
_verdict = threading.Lock()  # taken by the thread that gives it, and never given back

_short = Repr()
_short.maxstring = _short.maxother = 200


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

    def __init__(self, text, expected=None, got=None, traceback=""):
        super().__init__(text)
        self.text, self.traceback = text, _OURS.sub("", traceback)
        compare = expected is not None or got is not None
        self.expected, self.got = map(_short.repr, (expected, got)) if compare else (None, None)


def expect(what, expected, got):
    """Raise `NotYet` unless `got` equals `expected`; `what` says what they are."""
    try:
        same = bool(got == expected)
    except ValueError:  # an array has no one answer
        same = False
    if not same:
        raise NotYet(f"{what}:", expected, got)


def run(check, function, file):
    """Run a check on the learner's function, write the verdict to `file`, and end this process."""
    global _file
    _file = file
    ready()
    try:
        said = check(function)
    except NotYet as error:
        _end_not_yet(error)
    except NotImplementedError:
        _end("not attempted", "Write the function first, in place of `raise NotImplementedError`.")
    except BaseException:
        _end("not yet", "The check itself failed.", traceback=traceback.format_exc())
    else:
        _end("passed", said)


def _end_not_yet(error):
    _end("not yet", error.text, error.expected, error.got, error.traceback)


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


def call(function, *args, seconds, when):
    """Call the learner's function and return what it returns.

    Parameters
    ----------
    seconds : float
        How long it may take. After that the verdict is "not yet", and says where it was.
    when : str
        Completes "Called when ...".
    """
    timer = threading.Timer(seconds, _too_long, [seconds, when, threading.get_ident()])
    timer.daemon = True
    timer.start()
    try:
        return function(*args)
    except (NotImplementedError, NotYet):
        raise
    except BaseException as error:  # SystemExit and KeyboardInterrupt too
        lines = "".join(traceback.format_exception(error))
        raise NotYet(f"Called when {when}, it raised an error.", traceback=lines) from None
    finally:
        timer.cancel()


def _too_long(seconds, when, thread):
    lines = traceback.format_stack(sys._current_frames()[thread])
    text = f"Called when {when}, it was still busy {seconds:g} s later."
    _end_not_yet(NotYet(text, traceback="".join(lines)))


def open_sockets():
    """Return how many sockets of this process are not closed."""
    gc.collect()
    return sum(isinstance(each, zmq.Socket) and not each.closed for each in gc.get_objects())


@contextlib.contextmanager
def answering(answer, bind="tcp://127.0.0.1:*"):
    """Be a server, in a thread, while the block runs; yield the endpoint.

    `answer` takes the parts that came to a ROUTER socket (the sender's address first, the request
    last), and returns the messages to be sent for it: none, one or several.
    """
    bound, done = queue.Queue(), threading.Event()
    thread = threading.Thread(target=_answer, args=(answer, bind, bound, done), daemon=True)
    thread.start()
    try:
        yield bound.get(timeout=10)
    finally:
        done.set()
        thread.join(10)


def _answer(answer, bind, bound, done):
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.linger = 0
        router.bind(bind)
        bound.put(router.last_endpoint.decode())
        while not done.is_set():
            if router.poll(50):
                for message in answer(router.recv_multipart()):
                    router.send_multipart(message)


def free_endpoint():
    """Return an endpoint at which nobody listens."""
    with plain_sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


# The learner's server, in a process


@contextlib.contextmanager
def served(*call):
    """Run the learner's server in a process while the block runs; yield the `Process`.

    `call` is a function and its arguments; where to bind is one more, the last.
    """
    endpoint = free_endpoint()
    with running(*call, endpoint, name="your server", verb="bound") as server:
        if server.ended and not server.endpoints:
            raise NotYet("The server has ended before anybody could ask it.")
        expect("Where it listens", [endpoint], server.endpoints)
        yield server


@contextlib.contextmanager
def running(*call, name, verb="connected"):
    """Run what the learner wrote in a process while the block runs; yield the `Process`.

    `call` is a function and its arguments; it is up when it has bound or connected a socket,
    whichever the `verb` says. If it has failed, its traceback goes along with any `NotYet` of the
    block.
    """
    began = time.monotonic()
    try:
        learners = start(*call, process_name=name, start_timeout=STARTING)
    except StartError:
        learners = process(name)
        if time.monotonic() - began >= STARTING:
            _print_end(learners.output)
            raise NotYet(f"It {verb} no socket within {STARTING:g} s.") from None
        text = f"It ended before it {verb} a socket ({learners.state})."
        raise _explained(text, learners) from None
    with learners:
        try:
            yield learners
        except NotYet as error:
            if learners.ended and learners.exit_code:
                raise _explained(error.text, learners) from None
            _print_end(learners.output)
            raise


def _explained(text, server):
    """Return what to raise for a process that has failed; its traceback says why."""
    lines = server.traceback()
    if lines.rstrip().rpartition("\n")[2].startswith("NotImplementedError"):
        return NotImplementedError()
    _print_end(server.output.removesuffix(lines))
    return NotYet(text, traceback=lines)


def _print_end(output):
    """Print the last lines of what a process printed: what `Result.printed` will be."""
    print("\n".join(output.splitlines()[-LAST_LINES:]))


@contextlib.contextmanager
def client(server, kind=zmq.REQ):
    """Connect a socket to the server and close it at the end of the block."""
    with zmq.Context() as context, context.socket(kind) as socket:
        socket.linger = 500  # what a client sent before it vanished does arrive
        socket.connect(server.endpoint)
        yield socket


def reply_to(what, server, socket):
    """Return the parts of the reply that comes, or raise `NotYet`."""
    for _ in range(int(10 * PATIENCE)):
        if socket.poll(100):
            return socket.recv_multipart()
        if server.ended and not socket.poll(200):
            raise NotYet(f"To {what} no reply came: the server has ended.")
    raise NotYet(f"To {what} no reply came within {PATIENCE:g} s.")


def ask(server, *parts):
    """Send one request of one or more parts, as a client of its own; return the reply's parts."""
    with client(server) as socket:
        socket.send_multipart(parts)
        return reply_to(named(*parts), server, socket)


def named(*parts):
    """Name a request in a sentence."""
    return _short.repr(parts[0]) if len(parts) == 1 else f"the parts {_short.repr([*parts])}"


def expect_end(server):
    """Raise `NotYet` unless the server comes to a good end by itself."""
    try:
        server.wait_until(lambda server: server.ended, PATIENCE)
    except TimeoutError:
        raise NotYet("It replied to b'stop' and then went on instead of ending.") from None
    if server.exit_code:
        raise NotYet("It ended with an error after b'stop'.")
