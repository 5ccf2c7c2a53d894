"""The nemesis: breaks what a trial has started, by a seed, and lets `judging` say what came of it.

::

    client  ── endpoint ──>  wire (a tap)  ── bind ──>  server
                                                          ^
                    noise and flood, from here  ──────────┘

A trial runs a pipeline, which is a dict of functions by their names. What a function needs to know
it gets by the names of its parameters: `bind`, a port; `endpoint` or `connect`, the way there,
through the wire; `note`, where it notes what it does (see `zmqlab.course.judging.Notes`). It stands
in `course`, because it uses all rooms and no role must know of it.
"""

import contextlib
import inspect
import itertools
import random
import socket as plain_sockets
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

import psutil

from zmqlab.course.judging import Notes, Verdict, judge, read_history
from zmqlab.course.ports import free_endpoints
from zmqlab.patterns.request_reply import request
from zmqlab.patterns.tap import tap_relay
from zmqlab.processes.handle import Process, StartError
from zmqlab.processes.launch import launch_call
from zmqlab.processes.matching import follow
from zmqlab.processes.trace import now
from zmqlab.wire.keys import of_this_process

STARTING = 60.0  # seconds that programs may take to come up, on a busy computer
LASTS = 0.2, 0.8  # seconds that a fault lasts
BETWEEN = 0.1, 0.5  # seconds until the next one
REPORTING = 1.0  # seconds that a program may take for its last report
DYING = 0.1  # seconds in which requests come to a program that is about to be killed
LOOK = 0.1  # seconds between looks at the memory
DELAY, RATE = 0.15, 20_000.0  # seconds of a delay, bytes a second of a throttled wire
STRANGERS, MOST_NOISE = 20, 2_000  # who come with random bytes, and how many bytes at most
FLOOD, HURRY = 100_000, 1.0  # messages, and seconds in which to get rid of them
GREETING = b"\xff" + bytes(8) + b"\x7f\3\1" + b"NULL".ljust(20, b"\0") + bytes(32)


class Stage(NamedTuple):
    """What a trial runs, and what was done to it."""

    calls: dict[str, Callable[[], None]]  # each name, with all that it needs
    running: dict[str, Process]  # the process of each name, dead or alive
    started: list[Process]  # all of them, in order
    acts: list[tuple[float, str]]  # what was done, and when
    bind: str  # where the server is, for strangers
    control: str  # of the wire
    dice: random.Random
    traced: bool = True  # whether its programs note when which message passes


# What can be done, to a program or to the wire


def kill(stage: Stage, name: str) -> None:
    """End a program as `kill -9` does: it cannot say goodbye, nor keep anything.

    Before, it tells what it has noted, and stands still for a moment: so it dies with something in
    its hands, and the messages until then are known.
    """
    process = stage.running[name]
    process.settle(process.ask_for_report(), REPORTING)
    pause(stage, name)
    time.sleep(DYING)
    process.end_by("kill")
    process.settle(lambda it: it.ended, 10.0)


def restart(stage: Stage, name: str) -> None:
    """Start a program, perhaps again: with the same endpoints. Return when it is up."""
    _launch(stage, name)
    stage.running[name].settle(lambda it: it.ready or it.ended, STARTING)


def _launch(stage, name):
    trace = stage.traced and name != "wire"
    stage.running[name] = launch_call(name, stage.calls[name], trace=trace)
    stage.started.append(stage.running[name])


def pause(stage: Stage, name: str) -> None:
    """Let a program stand still: its connections stay, and nobody is told."""
    if stage.running[name].running:
        psutil.Process(stage.running[name].pid).suspend()


def resume(stage: Stage, name: str) -> None:
    """Let a program that was paused go on."""
    if stage.running[name].running:
        psutil.Process(stage.running[name].pid).resume()


def set_wire(stage: Stage, name: str, **settings: Any) -> None:
    """Tell the wire to be cut, delay, throttle or corrupt; a wire that is killed is told nothing.

    What has changed once stays until `mend`.
    """
    if stage.running["wire"].settle(lambda it: len(it.endpoints) > 1, 10.0):
        request(stage.control, "set", settings, retries=5, keys=of_this_process())


def noise(stage: Stage, name: str) -> None:
    """Come to the port as strangers, each with random bytes, half of them after a greeting."""
    for number in range(STRANGERS):
        data = stage.dice.randbytes(stage.dice.randint(1, MOST_NOISE))
        _say(stage.bind, GREETING * (number % 2) + data)


def flood(stage: Stage, name: str) -> None:
    """Send messages without end or sense, as a peer of ZMTP 1.0, which needs no handshake."""
    _say(stage.bind, b"\1\0" + b"\5\0abcd" * FLOOD)


def _say(endpoint, data):
    host, _, port = endpoint.removeprefix("tcp://").partition(":")
    with (
        contextlib.suppress(OSError),  # nobody there, or nobody who listens
        plain_sockets.create_connection((host, int(port)), HURRY) as tcp,
    ):
        tcp.sendall(data)


_mend = partial(set_wire, cut=False, delay=0.0, rate=None, corrupt=0)
_WIRE: dict[str, dict[str, Any]] = {
    "cut": {"cut": True},
    "delay": {"delay": DELAY},
    "throttle": {"rate": RATE},
}
ACTS: dict[str, Callable[[Stage, str], None]] = {
    each.__name__: each for each in (kill, restart, pause, resume, noise, flood)
}
ACTS |= {name: partial(set_wire, **settings) for name, settings in _WIRE.items()}
ACTS |= {"corrupt": partial(set_wire, corrupt=1), "mend": _mend}
MENDED_BY = dict.fromkeys([*_WIRE, "corrupt"], "mend") | {"kill": "restart", "pause": "resume"}


def timetable(faults: Iterable[str], seconds: float, seed: int) -> dict[float, str]:
    """Return what to do and when, in seconds: fault after fault, in an order that the seed says.

    Parameters
    ----------
    faults
        Such as ``"kill server"``, ``"pause client"``, ``"kill wire"`` (the connections break),
        ``"cut"``, ``"delay"``, ``"throttle"``, ``"corrupt"``, ``"noise"``, ``"flood"``. Each is
        mended before the next one comes.
    seconds
        When the last one begins, at the latest.
    seed
        The same seed gives the same timetable.
    """
    faults, dice = list(faults), random.Random(seed)
    table: dict[float, str] = {}
    when = dice.uniform(*BETWEEN)
    while faults and when < seconds:
        for fault in dice.sample(faults, len(faults)):
            table[when] = fault
            what, _, name = fault.partition(" ")
            when += dice.uniform(*LASTS)
            if what in MENDED_BY:
                table[when] = f"{MENDED_BY[what]} {name}".strip()
            when += dice.uniform(*BETWEEN)
            if when >= seconds:
                break
    return table


def trial(
    pipeline: Mapping[str, Callable[..., object]],
    faults: Iterable[str] | Mapping[float, str] = (),
    seconds: float = 3.0,
    seed: int = 0,
    *,
    noticed: float | None = None,
    false_alarms: int = 0,
    memory: float = 5e8,
    ending: float = 10.0,
) -> Verdict:
    """Run functions as programs, break what is between them and them, and judge what came of it.

    What is done is printed as it is done. What they have noted is judged: answered once or said
    to be unknown, done once, nothing lost that was promised, in order, whole; and always that no
    program fails of itself, that memory stays bounded, and that the last program of the pipeline
    ends once all is mended.

    Parameters
    ----------
    pipeline
        Functions by name, in the order in which they are started; `bind`, `endpoint` or `connect`,
        and `note` are given to those that have such a parameter. The last one should end by itself,
        soon after ``note.over``, as a loop over ``note.numbers()`` does; then the others are
        stopped.
    faults
        What may happen, as `timetable` explains it; or when to do what, as it returns it.
    seconds, seed
        How long faults go on, and which of all timetables it is.
    noticed
        Seconds within which some program must note ``"noticed"`` after a kill, a pause or a cut,
        with the name of what is gone, if it knows; otherwise it is a false alarm.
    false_alarms
        How many of these there may be.
    memory
        Bytes that each process may have.
    ending
        Seconds that the last program has to end, once all is mended.

    Raises
    ------
    StartError
        If a program of the pipeline does not come up.
    ValueError
        If there is no such fault, or no program of that name.
    """
    table = dict(faults) if isinstance(faults, Mapping) else timetable(faults, seconds, seed)
    _expect_acts(table.values(), pipeline)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stage = _set_up(stack, pipeline, folder, seed)
        most, began = dict.fromkeys(stage.running, 0), now()
        for before, when in itertools.pairwise([0.0, *sorted(table)]):
            _watch(stage, most, now() + when - before)  # a busy computer makes it all longer
            print(f"{now() - began:5.1f} s  {table[when]}", flush=True)
            _do(stage, table[when])
        _mend_all(stage)
        Notes(folder, "").finish()
        last = stage.running[list(pipeline)[-1]]
        print(f"{now() - began:5.1f} s  all is mended; {last.name} may end", flush=True)
        _watch(stage, most, now() + ending, last)
        ended = last.ended
        for process in reversed(stage.running.values()):
            process.stop()
        messages, _ = follow([each for each in stage.started if each.traced])
        history = read_history(folder)
    broken = [(now(), f"{last.name} had not ended {ending:g} s after all was mended")]
    broken = broken * (not ended) + [
        (each.noted.ended or now(), f"{each.name} {each.state}: {_last_line(each)}")
        for each in stage.started
        if each.state.startswith("failed")
    ]
    broken += [
        (now(), f"{name} had {size / 1e6:,.0f} MB of memory, more than {memory / 1e6:,.0f}")
        for name, size in most.items()
        if size > memory
    ]
    broken += judge(history, last.name, stage.acts, noticed, false_alarms)
    return Verdict(seed, began, sorted(broken), stage.acts, history, messages, most)


def _expect_acts(acts, pipeline):
    for act in acts:
        what, _, name = act.partition(" ")
        needs_name = what in ("kill", "restart", "pause", "resume")
        if what not in ACTS or (name not in [*pipeline, "wire"] if needs_name else name):
            raise ValueError(
                f"no fault {act!r}: give one of {', '.join(ACTS)}; the first four with a name, one "
                f"of {', '.join(pipeline)} or wire"
            )


def _set_up(stack, pipeline, folder, seed):
    """Start the wire and the programs; the end of the stack stops them."""
    bind, way, control = free_endpoints(3)
    told = {"bind": bind, "endpoint": way, "connect": way}
    wire = partial(tap_relay, connect=bind, bind=way, control=control, show=False, parse=False)
    wire = partial(wire, keys=of_this_process())  # nobody else is to mend what is broken
    calls: dict[str, Callable] = {"wire": wire}
    for name, function in pipeline.items():
        parameters = inspect.signature(function).parameters
        given = told | {"note": Notes(folder, name)}
        calls[name] = partial(function, **{it: given[it] for it in given if it in parameters})
    stage = Stage(calls, {}, [], [], bind, control, random.Random(seed))
    stack.callback(lambda: [each.stop() for each in reversed(stage.running.values())])
    print(f"starting {', '.join(calls)}", flush=True)
    for name in calls:
        _launch(stage, name)
    for name, process in stage.running.items():
        process.settle(lambda it: it.ready or it.ended, STARTING)
        if process.exit_code or not process.ready:
            raise StartError(f"{name} did not come up ({process.state}):\n{process.traceback()}")
    return stage


def _do(stage, act):
    """Do something, and keep when it was done."""
    what, _, name = act.partition(" ")
    stage.acts.append((now(), act))
    ACTS[what](stage, name)


def _watch(stage, most, until, last=None):
    """Look at the memory until a time has come, or the last program has ended."""
    while (left := until - now()) > 0 and not (last and last.ended):
        for name, process in stage.running.items():
            most[name] = max(most[name], process.memory)
        if last:
            last.settle(lambda it: it.ended, min(LOOK, left))
        else:
            time.sleep(min(LOOK, left))  # nothing to wait for but the timetable


def _mend_all(stage):
    """Mend what is broken still, after a timetable that does not."""
    for name, process in list(stage.running.items()):
        resume(stage, name)
        if process.state == "stopped by force":
            restart(stage, name)
    _mend(stage, "")


def _last_line(process):
    return process.traceback().rstrip().rpartition("\n")[2]
