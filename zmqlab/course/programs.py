"""What the learner wrote, run as a program: a server, a worker, a publisher.

`running` starts it in another process and sees that its sockets are where they should be. `ask`
talks to a server, as a client; `receive` waits for what a program sends, and says why nothing came.
"""

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import zmq

from zmqlab import MessageError, Process, StartError, process, start
from zmqlab.course.ports import free_endpoint
from zmqlab.course.trial import TIMEOUT, NotYet, expect, misfit, named, without_ours

STARTING = 20.0  # seconds a program may take to bind or connect


@contextlib.contextmanager
def served(*call: Any, kinds: str = "REP ROUTER", when: str = "") -> Iterator[Process]:
    """Run the learner's server in a process while the block runs; yield the `Process`.

    `call` is a function and its arguments; where to bind is one more, the last. `kinds` of sockets
    can serve. `when` completes "It ended before it bound a socket".
    """
    endpoint = free_endpoint()
    with running(*call, endpoint, places={"bind": (endpoint, kinds)}, when=when) as server:
        yield server


@contextlib.contextmanager
def running(
    *call: Any,
    places: dict[str, tuple],
    name: str = "your server",
    verb: str = "bound",
    when: str = "",
) -> Iterator[Process]:
    """Run what the learner wrote in a process while the block runs; yield the `Process`.

    If it has failed, its traceback goes along with any `NotYet` of the block.

    Parameters
    ----------
    *call
        A function and its arguments.
    places : dict
        Where it is to be before the block begins: {parameter: (endpoint, kinds of sockets)}. Empty
        for what makes new sockets all the time.
    name : str
        What the learner is told of it.
    verb : str
        What it does there: "bound" or "connected".
    when : str
        Completes what the learner is told where it has ended before that.
    """
    try:
        program = start(_call, *call, process_name=name, start_timeout=STARTING)
    except StartError:
        program = process(name)
        if program.state.startswith("stopped"):  # it was not up in time
            print(program.output)
            raise NotYet(f"It {verb} no socket within {STARTING:g} s.") from None
        if not program.ready:  # else it failed just after that, and the block says at what
            text = f"It ended before it {verb} a socket{when and ', '}{when}."
            raise _explained(text, program) from None
    with program:
        try:
            if places:
                _expect_places(program, verb, places)
            yield program
        except NotYet as error:
            if program.ended and program.exit_code:
                explained = _explained(error.text, program)
                if isinstance(explained, NotYet):
                    explained.expected, explained.got = error.expected, error.got
                raise explained from None
            print(program.output)
            raise


def _call(function, *args):
    got = function(*args)
    if inspect.iscoroutine(got):
        got.close()
        raise TypeError("it returns a coroutine, which nobody runs: `asyncio.run(...)` would")


def _expect_places(program, verb, places):
    endpoints = {endpoint for endpoint, _ in places.values()}
    with contextlib.suppress(TimeoutError):
        program.wait_until(lambda it: endpoints <= _places(it, verb).keys(), TIMEOUT)
    found = _places(program, verb)
    if not found:
        other = {"bound": "connected", "connected": "bound"}[verb]
        instead = f": it {other} one" if _places(program, other) else ""
        ended = " before it ended" if program.ended else ""
        raise NotYet(f"It {verb} no socket{ended}{instead}.")
    if found.keys() != endpoints:
        raise NotYet(f"The endpoints that it {verb}:", sorted(endpoints), sorted(found))
    for parameter, (endpoint, fitting) in places.items():
        if found[endpoint] not in fitting.split():
            what = misfit(verb, [found[endpoint]], fitting.split())
            raise NotYet(f"{what} The endpoint is that of `{parameter}`.")


def _places(program, verb):
    """Return where it is bound or connected: {endpoint: kind of socket}, inproc left out."""
    return {
        endpoint: socket["type"]
        for socket in program.sockets
        for endpoint in socket[verb]
        if not endpoint.startswith("inproc:")
    }


def _explained(text, program):
    """Return what to raise for a program that has failed; its traceback says why."""
    lines = program.traceback()
    if lines.rstrip().rpartition("\n")[2].startswith("NotImplementedError"):
        return NotImplementedError()
    print(without_ours(program.output.removesuffix(lines)))
    return NotYet(text, traceback=lines)


def counted(program: Process, way: str) -> int:
    """Return how many messages went "in" at all its sockets, or "out"."""
    return sum(each[way] for each in program.messages.values())


@contextlib.contextmanager
def client(server: Process, kind: int = zmq.REQ) -> Iterator[zmq.Socket]:
    """Connect a socket to the server and close it at the end of the block."""
    with zmq.Context() as context, connected(server, context, kind) as socket:
        yield socket


@contextlib.contextmanager
def connected(server: Process, context: zmq.Context, kind: int = zmq.REQ) -> Iterator[zmq.Socket]:
    """Be one of many clients, which share a context: it takes threads and files."""
    with context.socket(kind) as socket:
        socket.linger = 500  # what a client sent before it vanished does arrive
        socket.connect(next(iter(_places(server, "bound"))))
        yield socket


def receive(
    socket: zmq.Socket, program: Process, what: str, timeout: float = TIMEOUT
) -> list[bytes]:
    """Return the parts of the next message, or raise `NotYet` where none comes.

    Parameters
    ----------
    program : Process
        What the learner wrote, which should send it.
    what : str
        Names the message, such as "the reply to b'hello'".
    timeout : float
        In seconds, during which neither this process nor that one stands still.
    """
    for _ in range(round(10 * timeout)):
        ended = program.ended
        if socket.poll(100):
            return socket.recv_multipart()
        if ended:
            raise NotYet(_how_it_ended(program, what))
    program.settle(program.ask_for_report(), STARTING)  # a busy computer may have stopped it
    if socket.poll(1000):
        return socket.recv_multipart()
    raise NotYet(f"Nothing came for {timeout:g} s when {what} was due.")


def _how_it_ended(program, what):
    """Say whether it ended with a message unsent, or had ended before it was asked for one."""
    taken, sent = counted(program, "in"), counted(program, "out")
    count = f"{sent} message{'s' * (sent != 1)}"
    if program.exit_code == 0 and sent >= taken:  # else the last counts may not have come
        after = f"after {count}" if sent else "before it received any"
        return f"{program.name.capitalize()} had ended {after}, when {what} was due."
    before = f" It had sent {count} before." if program.exit_code == 1 and sent else ""
    return f"{program.name.capitalize()} ended, and {what} never came.{before}"


def ask(server: Process, *parts: bytes) -> list[bytes]:
    """Send one request of one or more parts, as a client of its own; return the reply's parts."""
    with client(server) as socket:
        socket.send_multipart(parts)
        return receive(socket, server, f"the reply to {named(*parts)}")


def expect_reply(
    expected: bytes, server: Process, *request: bytes, mistakes: dict[str, Any] | None = None
) -> None:
    """Ask, and raise `NotYet` unless the reply is this one part; `mistakes` as for `expect`."""
    what, reply = f"The reply to {named(*request)}", ask(server, *request)
    if len(reply) != 1:
        raise NotYet(f"{what} has {len(reply)} parts and should have one:", [expected], reply)
    expect(what, expected, reply[0], mistakes)


def accepted(what: str, take: Callable, *given: Any) -> Any:
    """Return `take(*given)`; where that raises MessageError, `NotYet` says what was refused."""
    try:
        return take(*given)
    except MessageError as error:
        raise NotYet(f"{what} is not what was agreed: {error}.") from None


def expect_end(program: Process, told: str) -> None:
    """Raise `NotYet` unless the program comes to a good end by itself, after it was `told` to."""
    with contextlib.suppress(TimeoutError):
        program.wait_until(lambda program: program.ended, 4 * TIMEOUT)
    if program.running:
        raise NotYet(f"It went on instead of ending after {told}.")
    if program.exit_code:
        raise NotYet(f"It ended with an error after {told}.")
