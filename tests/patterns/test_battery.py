"""Every role, with peers that keep to no rule: it goes on serving, or ends with one clear line.

Each has an entry below, and a test fails for one without. What opens doors is given with the kind
of socket that belongs to each, and with what shows that it still serves.
"""

import contextlib
import functools
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import get_ident, local
from time import monotonic

import cloudpickle
import cv2
import numpy as np
import pytest
from helpers.attacks import growth_of
from helpers.attacks_by_role import EVIL, PATIENCE, Liar, storm
from helpers.faults import under
from helpers.roles import offered
from helpers.streams import kill
from helpers.web_pages import fails

import zmqlab
from zmqlab import (
    Process,
    Publisher,
    camera_publisher,
    camera_server,
    detect_beads,
    fft_worker,
    link_beads,
    proxy,
    record,
    request,
    sink,
    snapshot,
    start,
    subscribe,
    tap_relay,
    ventilator,
    watch,
    web_page,
)
from zmqlab.course.ports import free_endpoint
from zmqlab.page.live_server import serve_live

cloudpickle.register_pickle_by_value(sys.modules[__name__])
pytestmark = pytest.mark.timeout(1800)  # the fixture does it all
ANY = "tcp://127.0.0.1:*"
# Bytes by which a role may grow meanwhile. Who awaits large results takes 64 MiB of a message, and
# empty parts of the next peer as much again, more on a busy computer; unguarded, 1 GB.
MOST = 400_000_000
_AT_A_TIME = 6


@dataclass
class Opened:
    """A role that runs: its process, its doors, and a function that raises if it does not serve."""

    process: Process
    doors: dict[str, str] = field(default_factory=dict)
    serves: Callable[[], object] = lambda: None


befalls = local()  # `fault`: what befalls the roles that this thread starts, see `helpers.faults`


def run(role, *args, **kwargs):
    """Start a role under a name that no other thread gives."""
    name = f"{role.__name__} {get_ident()}"
    if fault := getattr(befalls, "fault", None):
        args, role = (fault, f"{role.__module__}:{role.__name__}", *args), under
    return start(role, *args, process_name=name, start_timeout=3 * PATIENCE, **kwargs)


def endpoints(process, count):
    return process.wait_until(lambda it: it.endpoints[count - 1 :] and it.endpoints, PATIENCE)


def frame_of(endpoint, topic="camera"):
    with subscribe(endpoint, topic, timeout=PATIENCE) as stream:
        stream.read()


def ask(endpoint, command):
    """Ask with patience, as long as somebody is there."""
    deadline = monotonic() + PATIENCE
    while True:
        try:
            return request(endpoint, command, timeout=2)
        except TimeoutError as error:
            if monotonic() > deadline or "nobody listens there" in str(error):
                raise


def opened_stream(process):
    """Return what publishes frames at its first endpoint, and replies at its second."""
    publishes, replies = endpoints(process, 2)

    def serves():
        frame_of(publishes)
        ask(replies, "info")

    return Opened(process, {publishes: "XSUB", replies: "DEALER"}, serves)


# Roles that open doors: `bind` is where, to be bound again after a kill.


@contextlib.contextmanager
def opens_camera_server(bind, tmp_path):
    with run(camera_server, "simulated", bind=bind) as process:
        serves = functools.partial(ask, process.endpoint, "read")
        yield Opened(process, {process.endpoint: "DEALER"}, serves)


@contextlib.contextmanager
def opens_camera_publisher(bind, tmp_path):
    with run(camera_publisher, "simulated", bind=bind) as process:
        yield opened_stream(process)


@contextlib.contextmanager
def opens_proxy(bind, tmp_path):
    with (
        run(camera_publisher, "simulated", bind=free_endpoint()) as camera,
        run(proxy, connect=[camera.endpoint], bind=bind) as process,
    ):
        yield Opened(process, {process.endpoint: "XSUB"}, lambda: frame_of(process.endpoint))


@contextlib.contextmanager
def opens_tap_relay(bind, tmp_path):
    with (
        run(camera_publisher, "simulated", bind=free_endpoint()) as camera,
        run(tap_relay, connect=camera.endpoint, bind=bind) as process,
    ):
        yield opened_stream(process)


@contextlib.contextmanager
def opens_detect_beads(bind, tmp_path):
    with (
        run(camera_publisher, "simulated", bind=free_endpoint()) as camera,
        run(detect_beads, connect=camera.endpoint, view=bind, timeout=PATIENCE) as process,
    ):
        beads, marked = endpoints(process, 2)

        def serves():
            frame_of(beads, "beads")
            frame_of(marked, "marked")

        yield Opened(process, {marked: "XSUB", beads: "XSUB"}, serves)


@contextlib.contextmanager
def opens_ventilator(bind, tmp_path):
    """Whoever connects may take frames; the sink says which are missing."""
    with (
        run(sink, timeout=5) as collecting,
        run(ventilator, collecting.endpoint, "simulated", 20, bind=bind) as process,
    ):
        yield Opened(process, {process.endpoint: "PULL"})


@contextlib.contextmanager
def opens_sink(bind, tmp_path):
    with run(sink, control=bind, timeout=3 * PATIENCE) as process:
        control, results = endpoints(process, 2)

        def serves():
            with (
                run(ventilator, control, "simulated", 10) as dealing,
                run(fft_worker, dealing.endpoint, control),
            ):
                assert process.wait(PATIENCE) == 0
                assert "<10 results" in process.output

        yield Opened(process, {control: "DEALER", results: "PUSH"}, serves)


@contextlib.contextmanager
def opens_web_page(bind, tmp_path):
    options = {"connect": "tcp://127.0.0.1:9", "subscribe": "tcp://127.0.0.1:9"}
    options |= {"history": tmp_path / "history.sqlite", "bind": bind.replace("tcp", "http")}
    with run(web_page, **options) as process:
        address = process.wait_output("web page: ").split()[-1].rsplit("/", 2)[0]
        yield Opened(process, {address: "DEALER"}, lambda: fails(address, 404))


@contextlib.contextmanager
def opens_live(bind, tmp_path):
    with run(serve_live, "tcp://127.0.0.1:9", "camera", "x" * 32) as process:
        address = f"http://127.0.0.1:{process.wait_output('port ').split()[1]}"
        yield Opened(process, {address: "DEALER"}, lambda: fails(address, 404))


# Roles that go to a peer: what they say, once an honest one is at the same place.


def honest_camera(endpoint):
    """A camera that keeps what a subscriber has not fetched that is slow for a while."""
    return run(camera_publisher, "simulated", bind=endpoint, hwm=200)


def goes_watch(liar, tmp_path):
    with run(watch, connect=liar.endpoint) as process:
        yield process
        with honest_camera(liar.endpoint):
            process.wait_output("480 x 640 x 3 uint8", PATIENCE)


def goes_record(liar, tmp_path):
    path, options = tmp_path / "film.h5", {"count": 5, "timeout": PATIENCE}
    with run(record, path, connect=liar.endpoint, **options) as process:
        yield process
        with honest_camera(liar.endpoint):
            process.wait_until(lambda process: process.ended, PATIENCE)


def goes_subscribe(liar, tmp_path):
    with subscribe(liar.endpoint, timeout=PATIENCE) as stream:
        while not liar.over.is_set():
            with contextlib.suppress(TimeoutError):
                stream.read(0.1)
        yield None
        with honest_camera(liar.endpoint):
            while stream.read().shape != (480, 640, 3):
                pass


def goes_proxy(liar, tmp_path):
    with (
        run(proxy, connect=[liar.endpoint]) as process,
        subscribe(process.endpoint, timeout=PATIENCE) as stream,
    ):
        yield process
        with honest_camera(liar.endpoint):
            while stream.read().shape != (480, 640, 3):
                pass


def goes_detect_beads(liar, tmp_path):
    with run(detect_beads, connect=liar.endpoint, timeout=PATIENCE) as process:
        yield process
        with honest_camera(liar.endpoint):
            frame_of(endpoints(process, 2)[1], "marked")


def goes_link_beads(liar, tmp_path):
    with run(link_beads, connect=liar.endpoint, timeout=PATIENCE) as process:
        yield process
        with Publisher(liar.endpoint, "beads") as beads:
            beads.wait_for(1, PATIENCE)
            with subscribe(process.endpoint, "tracks", timeout=PATIENCE) as tracks:
                while not tracks.received:
                    beads.send(np.zeros((3, 2)), frame_number=10**6 + beads.sequence, lost=0)
                    with contextlib.suppress(TimeoutError):
                        tracks.read(0.2)
            beads.close(0)


def goes_request(liar, tmp_path):
    while not liar.over.is_set():
        with contextlib.suppress(zmqlab.RequestError, zmqlab.MessageError, TimeoutError):
            request(liar.endpoint, "read", timeout=0.5)
    yield None
    with run(camera_server, "simulated", bind=liar.endpoint):
        assert ask(liar.endpoint, "read")[2].shape == (480, 640, 3)


def goes_snapshot(liar, tmp_path):
    while not liar.over.is_set():
        with contextlib.suppress(zmqlab.RequestError, zmqlab.MessageError, TimeoutError):
            snapshot(tmp_path / "picture.png", connect=liar.endpoint, timeout=0.5)
    yield None
    with run(camera_server, "simulated", bind=liar.endpoint):
        snapshot(tmp_path / "right.png", connect=liar.endpoint, timeout=PATIENCE)
    assert cv2.imread(str(tmp_path / "right.png")).shape == (480, 640, 3)


def goes_ventilator(liar, tmp_path):
    with run(ventilator, liar.endpoint, "simulated", timeout=2) as process:
        yield process
        process.wait_until(lambda process: process.ended, PATIENCE)


def goes_fft_worker(liar, tmp_path):
    with run(fft_worker, liar.endpoint, liar.endpoint, timeout=2) as process:
        yield process
        process.wait_until(lambda process: process.ended, PATIENCE)


def goes_web_page(liar, tmp_path):
    options = {"history": tmp_path / "history.sqlite", "subscribe": liar.endpoint}
    with run(web_page, connect=liar.endpoint, **options) as process:
        yield process
        fails(process.wait_output("web page: ").split()[-1].rsplit("/", 2)[0], 404)


def goes_live(liar, tmp_path):
    with run(serve_live, liar.endpoint, "camera", "x" * 32) as process:
        yield process
        fails(f"http://127.0.0.1:{process.wait_output('port ').split()[1]}", 404)


# Roles, and what opens their doors. (That of link_beads is a Publisher's, too; it starts slowly.)
OPENS = {
    "camera_server": opens_camera_server,
    "camera_publisher": opens_camera_publisher,
    "proxy": opens_proxy,
    "tap_relay": opens_tap_relay,
    "detect_beads": opens_detect_beads,
    "ventilator": opens_ventilator,
    "sink": opens_sink,
    "web_page": opens_web_page,
    "live": opens_live,
}
# The kind of socket that lies to it, and the topic.
GOES = {
    "watch": (goes_watch, "PUB", b"camera/"),
    "record": (goes_record, "PUB", b"camera/"),
    "subscribe": (goes_subscribe, "PUB", b"camera/"),
    "proxy": (goes_proxy, "PUB", b"camera/"),
    "detect_beads": (goes_detect_beads, "PUB", b"camera/"),
    "link_beads": (goes_link_beads, "PUB", b"beads/"),
    "request": (goes_request, "ROUTER", b"frame"),
    "snapshot": (goes_snapshot, "ROUTER", b"frame"),
    "ventilator": (goes_ventilator, "ROUTER", b"go"),
    "fft_worker": (goes_fft_worker, "ROUTER", b"go"),
    "web_page": (goes_web_page, "PUB", b"camera/"),
    "live": (goes_live, "PUB", b"camera/"),
}
# Others, and why nothing is done to them here.
ELSEWHERE = {
    "Publisher": "what camera_publisher publishes with",
    "track": "starts detect_beads, and is link_beads",
    "fft_farm": "patterns/test_strangers.py::test_a_farm_believes_its_own_workers_only",
    "spectra": "is the farm's work",
    "tap": "starts tap_relay",
    "network": "page/test_network_map.py::test_without_the_token_nothing_is_shown",
    "browser_camera": "page/test_browser_camera.py::test_bytes_are_refused",
    "open_camera": "cameras/test_camera_of_a_browser.py::test_what_is_no_frame_of_a_browser",
    "trial": "course/test_roles_that_hold.py::test_a_role_holds",
    "doctor": "sends itself one message",
}


def test_no_role_is_forgotten():
    assert offered() == OPENS.keys() | GOES.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("where", [each for each in ELSEWHERE.values() if "::" in each])
def test_what_tests_a_role_elsewhere_is_there(where):
    file, _, name = where.partition("::")
    source = (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
    assert f"\ndef {name}(" in source


def ends_clearly(process):
    """Tell whether a process ended well, or with an error that was expected, said in a line."""
    last = process.output.rpartition("\n")[2]
    return process.exit_code == 0 or re.match(r"zmqlab\.[\w.]+Error: |TimeoutError: ", last)


def whoever_comes(name, tmp_path):
    """Do to the doors of a role what anybody may do, kill it, and start it again in its place."""
    with contextlib.ExitStack() as silent, OPENS[name](free_endpoint(), tmp_path) as role:
        with growth_of(role.process) as growth:
            for number, (door, kind) in enumerate(role.doors.items()):
                for each in storm(door, kind, f"{name} {number}"):
                    silent.enter_context(each)
        if role.process.running:
            assert growth() < MOST
            role.serves()
        else:
            assert ends_clearly(role.process), role.process.output
        assert EVIL[0] not in role.process.output
        silent.close()
        if role.process.running:
            kill(role.process)
        bind = next(iter(role.doors)).replace("http", "tcp")
    with OPENS[name](bind, tmp_path) as again:
        again.serves()


def wherever_it_goes(name, tmp_path):
    """Lie to a role, and be honest to it then."""
    goes, kind, topic = GOES[name]
    with Liar(kind, topic, name) as liar:
        steps = goes(liar, tmp_path)
        process = next(steps)
        if process:
            with growth_of(process) as growth:
                process.settle(lambda it: it.ended or liar.over.is_set(), 3 * PATIENCE)
            assert growth() < MOST
        if process and process.ended:
            steps.close()
        else:
            assert next(steps, "the end") == "the end"
        assert process is None or process.running or ends_clearly(process), process.output
        assert process is None or EVIL[0] not in process.output


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Do it to all of them, a few at a time: most of it is waiting."""
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return {
            (do, name): pool.submit(do, name, tmp_path_factory.mktemp(name))
            for do, names in ((whoever_comes, OPENS), (wherever_it_goes, GOES))
            for name in names
        }


@pytest.mark.parametrize("name", OPENS)
def test_whoever_comes(name, outcomes):
    outcomes[whoever_comes, name].result()


@pytest.mark.parametrize("name", GOES)
def test_wherever_it_goes(name, outcomes):
    outcomes[wherever_it_goes, name].result()
