"""Every role, with keys: it works with them, and neither opens to a stranger nor talks to one."""

import asyncio
import contextlib
import inspect
import json
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import cloudpickle
import h5py
import numpy as np
import psutil
import pytest
import zmq
from helpers import films
from helpers.choosing import always
from helpers.roles import offered
from helpers.web_pages import address_of, fails, visiting
from test_battery import run
from tornado.websocket import websocket_connect

import zmqlab
from zmqlab import (
    KeysError,
    Publisher,
    camera_publisher,
    camera_server,
    detect_beads,
    fft_farm,
    fft_worker,
    link_beads,
    make_keys,
    proxy,
    record,
    request,
    sink,
    snapshot,
    start,
    subscribe,
    tap,
    tap_relay,
    track,
    ventilator,
    watch,
    web_page,
)
from zmqlab.__main__ import main
from zmqlab.page.live_server import serve_live
from zmqlab.patterns.transform_recording import spectra
from zmqlab.wire import who_listens

cloudpickle.register_pickle_by_value(sys.modules[__name__])
pytestmark = pytest.mark.timeout(1800)
PATIENCE = 120.0  # seconds, for what is sure to come
SHORT = 3.0  # seconds to wait for what is not
TOKEN = "x" * 32
EVERYWHERE, NOBODY = "tcp://0.0.0.0:*", "tcp://127.0.0.1:9"
_AT_A_TIME = 4
_KNOCKED = "a ZeroMQ socket listens there"


def refused(text):
    """Tell whether a role says why it is not let in: not that nobody answered in time."""
    return _KNOCKED in text and "did not answer" not in text and "sends nothing" not in text


class Folders(NamedTuple):
    """Keys: of the laboratory; of who knows its key and is unknown to it; of who takes another."""

    lab: Path
    stranger: Path
    misled: Path


# What each of the three is told, and who has no keys at all.
REFUSALS = {
    "stranger": "does not know your key",
    "misled": "whose key is not the one in",
    "nobody": "and wants keys: give keys=FOLDER",
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    folders = Folders(*(folder / name for name in Folders._fields))
    for each in folders:
        make_keys(each)
    shutil.copy(folders.lab / "own.key", folders.stranger / "server.key")
    return folders


def keys_of(who, folders):
    return None if who == "nobody" else getattr(folders, who)


def said(process, *words):
    """Wait until a process has said one of these, or has ended; return all that it has said."""
    process.wait_until(
        lambda it: it.ended or any(word in it.output for word in words),
        PATIENCE,
        " or ".join(words),
    )
    return process.output


def frame_of(endpoint, keys, topic="camera", timeout=PATIENCE):
    """Return "works" if a frame comes, or why none does."""
    try:
        with subscribe(endpoint, topic, timeout=timeout, keys=keys) as stream:
            next(stream)
    except TimeoutError as error:
        return str(error)
    return "works"


def reply_of(endpoint, keys, timeout=PATIENCE):
    try:
        request(endpoint, "info", timeout=timeout, keys=keys)
    except TimeoutError as error:
        return str(error)
    return "works"


def camera(folders):
    return run(camera_publisher, "simulated", keys=folders.lab)


# Roles that open doors: each gives its process, and the kind of socket that fits each door.


@contextlib.contextmanager
def opens_camera_server(folders):
    with run(camera_server, "simulated", keys=folders.lab) as process:
        yield process, [zmq.DEALER]
        assert reply_of(process.endpoint, folders.lab) == "works"


@contextlib.contextmanager
def opens_camera_publisher(folders):
    with camera(folders) as process:
        yield process, [zmq.SUB, zmq.DEALER]
        assert frame_of(process.endpoints[0], folders.lab) == "works"
        assert reply_of(process.endpoints[1], folders.lab) == "works"


@contextlib.contextmanager
def opens_proxy(folders):
    with (
        camera(folders) as one,
        run(proxy, connect=[one.endpoint], keys=folders.lab) as process,
    ):
        yield process, [zmq.SUB]
        assert frame_of(process.endpoint, folders.lab) == "works"


@contextlib.contextmanager
def opens_tap_relay(folders):
    """What is behind it has keys, and so has its control."""
    with (
        camera(folders) as one,
        run(tap_relay, connect=one.endpoint, keys=folders.lab) as process,
    ):
        yield process, [zmq.SUB, zmq.DEALER]
        assert frame_of(process.endpoints[0], folders.lab) == "works"
        assert reply_of(process.endpoints[1], folders.lab) == "works"


@contextlib.contextmanager
def opens_detect_beads(folders):
    with (
        camera(folders) as one,
        run(detect_beads, connect=one.endpoint, keys=folders.lab, timeout=PATIENCE) as process,
    ):
        yield process, [zmq.SUB, zmq.SUB]
        assert frame_of(process.endpoints[0], folders.lab, "beads") == "works"
        assert frame_of(process.endpoints[1], folders.lab, "marked") == "works"


@contextlib.contextmanager
def opens_link_beads(folders):
    with (
        Publisher(topic="beads", keys=folders.lab) as beads,
        run(link_beads, connect=beads.endpoint, keys=folders.lab, timeout=PATIENCE) as process,
    ):
        yield process, [zmq.SUB]
        beads.wait_for(1, PATIENCE)
        with subscribe(process.endpoint, "tracks", timeout=PATIENCE, keys=folders.lab) as tracks:
            while not tracks.received:
                beads.send(np.zeros((3, 2)), frame_number=beads.sequence, lost=0)
                with contextlib.suppress(TimeoutError):
                    tracks.read(0.2)
        beads.close(0)


@contextlib.contextmanager
def opens_ventilator(folders):
    """The ventilator waits for a worker meanwhile."""
    keys = folders.lab
    with (
        run(sink, timeout=PATIENCE, keys=keys) as collecting,
        run(ventilator, collecting.endpoint, "simulated", 10, keys=keys) as process,
    ):
        yield process, [zmq.PULL]
        with run(fft_worker, process.endpoint, collecting.endpoint, keys=keys):
            assert "<10 results" in said(collecting, "<10 results")


@contextlib.contextmanager
def opens_sink(folders):
    keys = folders.lab
    with run(sink, timeout=PATIENCE, keys=keys) as process:
        yield process, [zmq.DEALER, zmq.PUSH]
        with (
            run(ventilator, process.endpoint, "simulated", 10, keys=keys) as dealing,
            run(fft_worker, dealing.endpoint, process.endpoint, keys=keys),
        ):
            assert "<10 results" in said(process, "<10 results")


# Roles that go to a peer: what becomes of it, "works" or a text that says why not.


def goes_request(peers, keys, timeout, folder):
    return reply_of(peers.server, keys, timeout)


def goes_subscribe(peers, keys, timeout, folder):
    return frame_of(peers.publishes, keys, timeout=timeout)


def goes_snapshot(peers, keys, timeout, folder):
    try:
        snapshot(folder / "a.png", connect=peers.server, timeout=timeout, keys=keys)
    except TimeoutError as error:
        return str(error)
    assert (folder / "a.png").stat().st_size > 0
    return "works"


def goes_record(peers, keys, timeout, folder):
    try:
        record(folder / "a.h5", connect=peers.publishes, count=2, timeout=timeout, keys=keys)
    except TimeoutError as error:
        return str(error)
    return "works"


def goes_watch(peers, keys, timeout, folder):
    with run(watch, connect=peers.publishes, keys=keys) as process:
        output = said(process, "480 x 640 x 3 uint8", _KNOCKED)
    return "works" if "uint8" in output else output


def goes_track(peers, keys, timeout, folder):
    patience = max(timeout, 10)  # its detector waits for it, too
    with run(track, connect=peers.publishes, keys=keys, timeout=patience) as process:
        output = said(process, "background", "Error")
    return "works" if "background" in output else output


def goes_ventilator(peers, keys, timeout, folder):
    with run(ventilator, peers.sink, "simulated", 10, timeout=timeout, keys=keys) as process:
        return said(process, "Error")


def goes_fft_worker(peers, keys, timeout, folder):
    with run(fft_worker, "tcp://127.0.0.1:9", peers.sink, timeout=timeout, keys=keys) as process:
        return said(process, "Error")


def goes_web_page(peers, keys, timeout, folder):
    options = {"history": folder / "a.sqlite", "subscribe": peers.publishes, "keys": keys}
    with run(web_page, connect=peers.server, **options) as page:
        return asyncio.run(look_at(address_of(page)))


async def look_at(address):
    """Be a page: "works" with a picture and a camera that answers, or what the page is told."""
    async with visiting(address) as visitor:
        try:
            await visitor.hear_until(lambda it: it.pictures or refused(it.state.get("camera", "")))
            await visitor.hear_until(lambda it: "Looking" not in it.state["camera"])
        except TimeoutError:
            return f"nothing new came after {visitor.state}"
        return visitor.state["camera"] or "works"


def goes_live(peers, keys, timeout, folder):
    with run(serve_live, peers.publishes, "camera", TOKEN, keys=keys) as process:
        return asyncio.run(look_live(process.wait_output("port ").split()[1]))


async def look_live(port):
    """Be a page: "works" with a picture and with settings, that is, a request to the camera."""
    connection = await websocket_connect(f"ws://127.0.0.1:{port}/{TOKEN}/stream")
    pictured, told = False, {}
    async with asyncio.timeout(PATIENCE):
        while not (pictured and "settings" in told):
            message = await connection.read_message()
            if isinstance(message, bytes):
                pictured = True
            elif refused(json.loads(message).get("note", "")):
                told = json.loads(message)
                break
            else:
                told |= json.loads(message)
        connection.close()
        while await connection.read_message() is not None:
            pass  # until it is closed
    return told.get("note") or "works"


OPENS = {
    "camera_server": opens_camera_server,
    "camera_publisher": opens_camera_publisher,
    "proxy": opens_proxy,
    "tap_relay": opens_tap_relay,
    "detect_beads": opens_detect_beads,
    "link_beads": opens_link_beads,
    "ventilator": opens_ventilator,
    "sink": opens_sink,
}
GOES = {
    "request": goes_request,
    "subscribe": goes_subscribe,
    "snapshot": goes_snapshot,
    "record": goes_record,
    "watch": goes_watch,
    "track": goes_track,
    "ventilator": goes_ventilator,
    "fft_worker": goes_fft_worker,
    "web_page": goes_web_page,
    "live": goes_live,
}
WORK_ABOVE = {"ventilator", "fft_worker"}  # with the right keys, in `opens_sink`
# The others, and where they are tried.
ELSEWHERE = {
    "Publisher": "what camera_publisher publishes with",
    "fft_farm": "below: it starts both ends",
    "spectra": "below, as the farm",
    "tap": "test_tap_view.py: the notebook's own keys; what passes has those of its two ends",
    "network": "test_network_map.py: the notebook's own keys; pages come by a websocket",
    "browser_camera": "test_browser_camera.py; its page comes by a websocket and a token",
    "open_camera": 'test_browser_camera.py: "browser" has the keys of browser_camera',
    "trial": "its wire has the notebook's own keys; what it is given to run may have others",
    "doctor": "sends itself one message",
}
WITHOUT = {"network", "open_camera", "trial", "doctor"}


def test_no_role_is_forgotten():
    assert offered() == OPENS.keys() | GOES.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("name", sorted((OPENS.keys() | GOES.keys() | ELSEWHERE.keys()) - WITHOUT))
def test_each_takes_keys_and_needs_none(name):
    role = spectra if name == "spectra" else getattr(zmqlab, name)
    keys = inspect.signature(role).parameters["keys"]
    assert keys.default is None
    assert "keys" in inspect.getdoc(role)


# Whatever a role can bind, given to it without a word of keys.
EXPOSED = [
    (camera_server, ["simulated"], {"bind"}),
    (camera_publisher, ["simulated"], {"bind", "control"}),
    (Publisher, [], {"bind"}),
    (proxy, [], {"bind"}),
    (tap_relay, [], {"bind", "control"}),
    (detect_beads, [], {"bind", "view"}),
    (link_beads, [], {"bind"}),
    (track, [], {"bind", "view"}),
    (ventilator, [NOBODY, "simulated"], {"bind"}),
    (sink, [], {"control", "results"}),
    (tap, [NOBODY], {"bind"}),
]


@pytest.mark.parametrize(
    ("role", "args", "name"),
    [(role, args, name) for role, args, names in EXPOSED for name in sorted(names)],
)
def test_nothing_is_open_to_other_computers_unless_one_says_so(role, args, name):
    options = {name: EVERYWHERE}
    if "connect" in inspect.signature(role).parameters:
        options["connect"] = NOBODY
    call = start if role is track else lambda role, *args, **options: role(*args, **options)
    with pytest.raises((KeysError, zmqlab.StartError), match="zmqlab keys FOLDER") as error:
        call(role, *args, **options)
    assert 'keys="none"' in str(error.value)


def test_the_command_says_so_in_its_own_words():
    with pytest.raises(SystemExit, match=r"zmqlab: tcp://0.0.0.0.*--keys FOLDER.*--keys none"):
        main(["camera-server", "--camera", "simulated", "--bind", EVERYWHERE])


def test_no_door_is_forgotten():
    doors = {"bind", "control", "view", "results"}
    listed = {role.__name__: names for role, _, names in EXPOSED}
    listed["web_page"] = {"bind"}
    for name in ("fft_worker", "ventilator"):  # their control is the sink's
        listed[name] = listed.get(name, set()) | {"control"}
    for name in offered() - {"spectra", "doctor"}:  # these are commands only, and bind nothing
        taken = doors & inspect.signature(getattr(zmqlab, name)).parameters.keys()
        assert taken <= listed.get(name, set()), name


PAGE = {"connect": NOBODY, "subscribe": NOBODY}


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.1", "some.host"])
@pytest.mark.parametrize("keys", [None, "none", "folder"])
def test_nor_is_a_web_page_whatever_keys_its_camera_has(host, keys, folders, tmp_path):
    keys = folders.lab if keys == "folder" else keys
    options = PAGE | {"history": tmp_path / "m.sqlite", "keys": keys}
    said = rf"^http://{re.escape(host)}:\* is open .* Give unencrypted=True in"
    with pytest.raises(KeysError, match=said):
        web_page(**options, bind=f"http://{host}:*")
    assert not list(tmp_path.iterdir())


def test_the_command_of_the_web_page_says_so_in_its_own_words():
    words = [word for name, value in PAGE.items() for word in (f"--{name}", value)]
    with pytest.raises(SystemExit, match=r"zmqlab: http://0.0.0.0:\*.* Give --unencrypted in "):
        main(["web-page", *words, "--bind", "http://0.0.0.0:*"])


def test_a_web_page_that_is_meant_for_others(tmp_path):
    options = PAGE | {"history": tmp_path / "m.sqlite", "bind": "http://0.0.0.0:*"}
    with run(web_page, **options, unencrypted=True) as page:
        port = re.search(r":(\d+)/", page.wait_output("web page: ", PATIENCE))[1]
        fails(f"http://127.0.0.1:{port}", 404)


def test_views_in_a_notebook_are_for_this_computer_alone():
    with run(serve_live, NOBODY, "camera", TOKEN) as process:
        process.wait_output("port ", PATIENCE)
        listening = psutil.Process(process.pid).net_connections("tcp")
        where = {each.laddr.ip for each in listening if each.status == psutil.CONN_LISTEN}
    assert where == {"127.0.0.1"}


def test_one_may_say_so():
    with run(camera_server, "simulated", bind=EVERYWHERE, keys="none") as server:
        here = server.endpoint.replace("0.0.0.0", "127.0.0.1")
        assert reply_of(here, None) == "works"


class Peers(NamedTuple):
    """An honest laboratory with keys."""

    publishes: str
    server: str
    sink: str


@pytest.fixture(scope="module")
def outcomes(folders, tmp_path_factory, request):
    """Try what the tests of this run ask for, a few at a time: most of it is waiting."""
    asked = [
        item.callspec.params for item in request.session.items if "outcomes" in item.fixturenames
    ]
    common = {"start_timeout": PATIENCE, "keys": folders.lab}
    with (
        start(camera_publisher, "simulated", process_name="peer's stream", **common) as stream,
        start(camera_server, "simulated", process_name="peer's camera", **common) as server,
        start(sink, process_name="peer's sink", timeout=600, **common) as collects,
        ThreadPoolExecutor(_AT_A_TIME) as pool,
    ):
        peers = Peers(stream.endpoint, server.endpoint, collects.endpoint)
        opened = {
            params["name"]: pool.submit(try_doors, params["name"], folders)
            for params in asked
            if "who" not in params
        }
        went = {
            (name, who): pool.submit(
                go, name, who, peers, folders, tmp_path_factory.mktemp(f"{name}-{who}")
            )
            for name, who in (params.values() for params in asked if "who" in params)
        }
        for each in (*opened.values(), *went.values()):
            each.exception()  # waits
        yield opened, went


def go(name, who, peers, folders, folder):
    """Return what becomes of a role that goes to the laboratory with the keys of somebody."""
    if who == "lab":
        return GOES[name](peers, folders.lab, PATIENCE, folder)
    for number in range(3):  # on a busy computer nobody may answer in time
        (folder / str(number)).mkdir()
        told = GOES[name](peers, keys_of(who, folders), SHORT, folder / str(number))
        if told == "works" or refused(told):
            break
    return told


def try_doors(name, folders):
    """Knock at each door as each of those who are to be refused, and as who is not."""
    with OPENS[name](folders) as (process, kinds):
        doors = process.wait_until(
            lambda it: it.endpoints[len(kinds) - 1 :] and it.endpoints, PATIENCE, "its endpoints"
        )
        for door, kind in zip(doors, kinds, strict=True):
            for who, refusal in REFUSALS.items():
                told = who_listens(door, PATIENCE, keys_of(who, folders), kind)
                assert refusal in told, (door, who, told)
            assert "did not answer" in who_listens(door, PATIENCE, folders.lab, kind)


@pytest.mark.parametrize("name", OPENS)
def test_a_door_opens_to_who_is_known_and_to_nobody_else(name, outcomes):
    outcomes[0][name].result()


@pytest.mark.parametrize(
    ("name", "who"), [(name, "lab") for name in sorted(GOES.keys() - WORK_ABOVE)]
)
def test_it_goes_to_a_peer_with_keys(name, who, outcomes):
    assert outcomes[1][name, who].result() == "works"


@pytest.mark.parametrize(
    ("name", "who"),
    always(len(GOES), [(name, who) for who in REFUSALS for name in GOES]),
)
def test_whoever_is_refused_is_told_why(name, who, outcomes):
    assert REFUSALS[who].partition("=")[0] in outcomes[1][name, who].result()


@pytest.mark.parametrize("shared", [False, True])
def test_a_farm_with_keys(folders, shared):
    frames = [np.full((24, 32, 3), number, np.uint8) for number in range(20)]
    plain = fft_farm(frames, 1, np.mean, progress=False)
    keyed = fft_farm(frames, 1, np.mean, progress=False, shared=shared, keys=folders.lab)
    np.testing.assert_array_equal(keyed.spectra, plain.spectra)


def test_the_farm_of_somebody_elses_client(folders):
    """Its workers are nobody's but its own, whatever server its folder knows."""
    frames = [np.zeros((24, 32, 3), np.uint8)] * 2
    assert len(fft_farm(frames, 1, np.mean, progress=False, keys=folders.stranger).spectra) == 2


def test_spectra_with_keys(folders, tmp_path):
    films.record(tmp_path / "film.h5", 5)
    words = ["spectra", str(tmp_path / "film.h5"), "--workers", "1"]
    for name, more in (("plain", []), ("keyed", ["--keys", str(folders.lab)])):
        with pytest.raises(SystemExit) as end:
            main([*words, "--out", str(tmp_path / name), *more])
        assert end.value.code == 0
    with h5py.File(tmp_path / "plain") as plain, h5py.File(tmp_path / "keyed") as keyed:
        np.testing.assert_array_equal(plain["spectra"][:], keyed["spectra"][:])


def test_a_cluster_takes_no_keys(folders):
    with pytest.raises(ValueError, match="a cluster has its own"):
        fft_farm([np.zeros((2, 2, 3), np.uint8)], engine="dask", keys=folders.lab)


def test_a_client_with_keys_tells_nothing_to_who_took_the_port(folders):
    """Another user of this computer binds the port first, and has no key."""
    with run(camera_server, "simulated") as impostor:
        assert "has no keys, as you have" in reply_of(impostor.endpoint, folders.lab, SHORT)
