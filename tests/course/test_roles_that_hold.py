"""The course's own roles under the nemesis: what each promises, it keeps."""

import asyncio
import contextlib
import secrets
import time
import zlib
from functools import partial

import numpy as np
import pytest
import zmq
from helpers.choosing import always
from helpers.streams import VGA, number_in
from helpers.web_pages import visiting
from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketClosedError

from zmqlab import (
    Publisher,
    RecordingError,
    RequestError,
    camera_publisher,
    camera_server,
    fft_worker,
    open_recording,
    proxy,
    ready,
    record,
    request,
    sink,
    subscribe,
    trial,
    ventilator,
    web_page,
)
from zmqlab.course.nemesis import timetable
from zmqlab.course.ports import free_endpoint
from zmqlab.patterns.ask_for_work import asking_worker, hand_out, welcome
from zmqlab.patterns.workers import dismiss
from zmqlab.wire import sockets

LINE = ("cut", "delay", "throttle")
ALL = ("kill server", "pause server", "kill wire", *LINE, "noise", "flood")
# The page says why, or it is not there (yet), or it goes.
NOT_THERE = OSError, LookupError, HTTPClientError, WebSocketClosedError, AssertionError
LONG = 90  # seconds: a busy computer is no fault

pytestmark = pytest.mark.timeout(600)  # many processes


def on_request(folder):
    """Each request is answered once, or its client knows that it was not."""

    def client(endpoint, note):
        for number in note.numbers():
            note("asked", number)
            try:
                _, header, frame = request(endpoint, "read", timeout=1.0, retries=60)
            except (TimeoutError, RequestError):
                note("unknown", number)
            else:
                assert frame.shape == VGA
                note("answered", number, str(header["sequence"]))

    return {"server": partial(camera_server, camera="simulated"), "client": client}, ALL


def subscriber(endpoint, note):
    """Frames come whole, in order, none twice; it goes on with a new publisher."""
    with subscribe(endpoint, timeout=LONG) as stream:
        over = False
        while not over:
            over = note.over
            assert stream.read().shape == VGA
            note("received", int(1e6 * stream.header["time"]))


def stream(folder, **options):
    server = partial(camera_publisher, camera="simulated", **options)
    return {"server": server, "subscriber": subscriber}, (*ALL, "pause subscriber")


def behind_a_proxy(folder):
    place = free_endpoint()

    def server(bind):
        proxy(connect=[place], bind=bind)

    def camera():
        camera_publisher("simulated", bind=place)

    pipeline = {"camera": camera, "server": server, "subscriber": subscriber}
    return pipeline, (*ALL, "kill camera", "pause camera")


def recorded(folder):
    """What is in the films was sent like that, each frame once, in order; of killed ones, too."""

    def server(bind, note):
        with Publisher(bind) as publisher:
            for number in note.numbers():
                frame = np.random.default_rng(number).integers(0, 256, (48, 64, 3), np.uint8)
                frame.reshape(-1)[:4] = np.frombuffer(number.to_bytes(4, "big"), np.uint8)
                note("sent", number, f"{zlib.crc32(frame)}")
                publisher.send(frame)

    def recorder(endpoint, note):
        with contextlib.suppress(RecordingError):  # says which frames are missing
            record(folder / f"{time.time_ns()}.h5", connect=endpoint, timeout=20)
        for path in sorted(folder.glob("*.h5")):
            with contextlib.suppress(RecordingError):  # killed before its first frame
                for frame in read(path):
                    note("received", number_in(frame), f"{zlib.crc32(frame)}")

    def read(path):
        with open_recording(path) as film:
            return film["frames"][:]

    pipeline = {"server": server, "recorder": recorder}
    return pipeline, (*ALL, "kill recorder", "pause recorder")


def dealt_out(folder, count=300):
    """Every frame has its result once. (What dies with a worker or a connection is lost, and so is
    what PUSH deals to strangers: the course says so.)
    """
    control = free_endpoint()

    def server(bind):
        ventilator(control, "simulated", count, bind, timeout=LONG)

    def worker(endpoint):
        fft_worker(endpoint, control, task=np.mean, timeout=LONG)

    def sink_of_all(note):
        for number in range(count):
            note("promised", number)
        results = sink(control, workers=2, timeout=LONG)
        for number, value in enumerate(results.spectra):
            assert value > 0
            note("received", number)

    pipeline = {"server": server, "Ada": worker, "Ben": worker, "sink": sink_of_all}
    return pipeline, (*LINE, "pause server", "pause Ada", "pause Ben", "pause sink")


def asked_for(folder):
    """Every frame has the right result once, though workers die. (A worker whose connection breaks
    waits in vain: it has room for frames at the other one.)
    """
    token = secrets.token_hex(16)

    def worker(endpoint):
        asking_worker(endpoint, np.sum, timeout=LONG, token=token)

    def frames(note):
        for number in note.numbers():
            frame = np.full((48, 64, 3), number % 256, np.uint8)
            note("asked", number, f"{frame.sum()}")
            yield frame

    def server(bind, note):
        workers = {}
        with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
            router.linger = 1000
            sockets.bind(router, bind, sockets.FRAME)
            try:
                welcome(router, workers, 2, timeout=LONG, token=token)
                for number, _, value in hand_out(router, workers, frames(note), token=token):
                    note("answered", number, f"{value}")
            finally:
                dismiss(router, workers)

    pipeline = {"Ada": worker, "Ben": worker, "server": server}
    return pipeline, (*LINE, "noise", "flood", "kill Ada", "kill Ben", "pause Ada", "pause server")


def measured(folder):
    """A visitor of the page gets each measurement once, or hears that there is none."""
    printed, here = folder / "printed", free_endpoint().replace("tcp", "http")
    nobody = free_endpoint()  # no live picture is asked for

    def page(endpoint):
        with open(printed, "a", buffering=1) as file, contextlib.redirect_stdout(file):
            shown = {"bind": here, "history": folder / "measurements.sqlite"}
            web_page(connect=endpoint, subscribe=nobody, **shown)

    async def measure():
        address = printed.read_text().split()[-1]  # of the page that was started last
        async with visiting(address) as visitor:
            number, *_ = await visitor.measure()
            return number

    def visitor(note):
        ready()
        for number in note.numbers():
            note("asked", number)
            try:
                note("received", asyncio.run(measure()))
                note("answered", number)
            except (RuntimeError, *NOT_THERE) as error:
                print(f"{error!r}", flush=True)
                note("unknown", number)

    server = partial(camera_server, camera="simulated")
    pipeline = {"server": server, "page": page, "visitor": visitor}
    return pipeline, (*ALL, "kill page", "pause page")


ROLES = {
    "camera_server": on_request,
    "record": recorded,
    "ventilator, fft_worker and sink": dealt_out,
    "camera_publisher and subscribe": stream,
    "the same, through shared memory": partial(stream, shared=4),
    "proxy": behind_a_proxy,
    "asking_worker": asked_for,
    "web_page": measured,
}


@pytest.mark.parametrize(
    ("role", "seconds"),
    always(3, [*((role, 6) for role in ROLES), ("camera_server", 20), ("record", 20)]),
)
def test_a_role_holds(role, seconds, tmp_path):
    pipeline, faults = ROLES[role](tmp_path)
    verdict = trial(pipeline, timetable(faults, seconds, seed=2), seed=2, ending=LONG + 10)
    assert verdict, verdict
    came = "answered" if "asked" in verdict.counts else "received"
    assert verdict.counts[came] > 1
