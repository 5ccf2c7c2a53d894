"""The web page, without a browser: what its server sends, keeps, refuses, and survives."""

import asyncio
import contextlib
import csv
import io
import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path

import cv2
import numpy as np
import pytest
import zmq
from helpers.web_pages import WAIT, fails, serving, serving_page, visiting
from tornado.httpclient import HTTPClientError

from zmqlab import camera_publisher, camera_server, measure_fringes, request, start
from zmqlab.analysis.fringes import Fringes
from zmqlab.course.ports import free_endpoint
from zmqlab.patterns.measurements import HistoryError, as_csv, keep, kept
from zmqlab.patterns.web_page import web_page

posix = pytest.mark.skipif(os.name == "nt", reason="limits of a process are Unix's")
NOBODY = "tcp://127.0.0.1:9"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A web page whose camera nobody stops: its address, and its history."""
    history = tmp_path_factory.mktemp("page") / "measurements.sqlite"
    with serving(history, "unchanged") as (_, _, _, address):
        yield address, history


def get(address):
    with urllib.request.urlopen(address, timeout=WAIT) as answer:
        return answer.read(), answer.headers


def measured_once(address):
    async def visit():
        async with visiting(address) as visitor:
            return await visitor.measure()

    return asyncio.run(visit())


def test_a_measurement_is_right_and_kept(place):
    address, history = place
    number, _, exposure, *found = measured_once(address)
    fringes = Fringes(*found)
    assert fringes.period == pytest.approx(12, abs=6 * fringes.uncertainty)
    assert exposure == 0.01
    assert kept(history)[-1][:4] == (number, kept(history)[-1].time, exposure, fringes.period)
    frame, spectrum = (
        cv2.imdecode(np.frombuffer(get(f"{address}{name}.jpg")[0], np.uint8), cv2.IMREAD_COLOR)
        for name in ("frame", "spectrum")
    )
    assert frame.shape == spectrum.shape == (480, 640, 3)
    # JPEG costs some precision, but it is the frame that was measured.
    assert measure_fringes(frame).period == pytest.approx(fringes.period, abs=0.003)
    assert spectrum[238:243, 318:323].max() > 100


def test_visitors_see_each_others_measurements(place):
    async def visit():
        async with visiting(place[0]) as one, visiting(place[0]) as other:
            measurement = await one.measure()
            await other.hear_until(lambda it: measurement in it.measurements)
            await other.hear_until(lambda it: it.state["pictured"] == measurement[0])

    asyncio.run(visit())


def test_csv_is_what_the_file_holds(place):
    address, history = place
    measured_once(address)
    text, headers = get(f"{address}measurements.csv")
    assert "attachment" in headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(text.decode(), newline="")))
    assert rows[0][0] == "number"
    assert [float(row[3]) for row in rows[1:]] == [each.period for each in kept(history)]


def test_fields_without_a_value_are_empty_in_csv(tmp_path):
    keep(tmp_path / "m.sqlite", 0.0, None, None)
    assert list(as_csv(kept(tmp_path / "m.sqlite")))[1] == "1,1970-01-01T00:00:00.000+00:00,,,,\r\n"


def test_exposure_is_set_for_all_and_for_the_stream(tmp_path):
    async def visit(address, seconds):
        async with visiting(address) as one, visiting(address) as other:
            await other.hear_until(lambda it: it.pictures)
            await one.send(exposure=seconds)
            await other.hear_until(lambda it: it.state["exposure"] == seconds)
            measurement = await one.measure()
            one.state = {}
            await one.send(exposure=-1)
            await one.hear_until(lambda it: "exposure=-1" in it.note)
            await one.hear_until(lambda it: it.state)  # so that its slider goes back
            return measurement

    with serving(tmp_path / "m.sqlite") as (_, publisher, _, address):
        measurement = asyncio.run(visit(address, 0.02))
        _, control = publisher.endpoints
        assert request(control, "info")[1]["settings"]["exposure"] == 0.02
    assert measurement[2] == 0.02


def test_the_history_outlives_the_server(tmp_path):
    history = tmp_path / "m.sqlite"
    with start(camera_server, "simulated", process_name="page's camera") as camera:
        with serving_page(camera.endpoint, NOBODY, history) as (_, address):
            first = measured_once(address)
        with serving_page(camera.endpoint, NOBODY, history) as (_, again):
            assert again != address
            second = measured_once(again)

            async def visit():
                async with visiting(again) as visitor:
                    await visitor.hear_until(lambda it: len(it.measurements) == 2)
                    return visitor.measurements

            assert asyncio.run(visit()) == [first, second]


@pytest.mark.parametrize(
    "nonsense",
    [b"\xff\xfe", "", "x", "[]", "7", "null", "[" * 9000, "x" * 20_000, "painted x",
     "painted ", "painted  \t", f'{{"exposure": 1{"0" * 400}}}',
     '{"measure": 1}', '{"exposure": "<b>"}', '{"exposure": NaN}',
     '{"exposure": 1e999}', '{"exposure": true}'],
    ids=range(17),
)  # fmt: skip
def test_nonsense_from_a_visitor_harms_nobody_else(place, nonsense):
    async def visit():
        async with visiting(place[0]) as one, visiting(place[0]) as rude:
            await rude.connection.write_message(nonsense, binary=isinstance(nonsense, bytes))
            while await rude.hear():
                pass  # until it is shown the door
            assert rude.connection.close_code in (1003, 1007, 1009)
            return await one.measure()

    asyncio.run(visit())


@pytest.mark.parametrize("path", ["", "stream", "measurements.csv", "page.js"])
def test_nobody_without_the_key(place, path):
    origin = place[0].rsplit("/", 2)[0]
    for key in ("", "x" * 22, "..", "%2e%2e"):
        fails(f"{origin}/{key}/{path}", 404)


def test_no_file_but_those_of_the_page(place):
    for path in ("../web_page.py", "%2e%2e/web_page.py", "..%2fweb_page.py"):
        fails(place[0] + path, 403)


def test_no_other_page_than_our_own(place):
    async def visit(**headers):
        async with visiting(place[0], **headers) as visitor:
            await visitor.hear_until(lambda it: it.state)

    asyncio.run(visit(Origin=place[0].rsplit("/", 2)[0]))
    # Through a proxy, which passes on how the browser called it.
    asyncio.run(visit(Origin="https://hub.example", Host="hub.example"))
    for origin in ("https://elsewhere.example", "null", "http://127.0.0.1:1"):
        with pytest.raises(HTTPClientError, match="403"):
            asyncio.run(visit(Origin=origin))


def test_what_comes_from_there_is_never_run_as_a_script(place):
    for path in ("", "page.js", "measurements.csv"):
        _, headers = get(place[0] + path)
        assert headers["Content-Security-Policy"].startswith("default-src 'self';")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


def page_with_small_files(limit, **options):
    """A web page whose process may write no file longer than that."""
    import resource

    from zmqlab import web_page

    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    web_page(**options)


@posix
def test_no_room_loses_nothing_that_was_shown(tmp_path):
    history = tmp_path / "m.sqlite"
    for number in range(3):
        keep(history, number, None, None)
    limit = history.stat().st_size

    async def visit(address):
        async with visiting(address) as visitor:

            async def measure_on():
                while True:
                    await visitor.measure()

            with pytest.raises(RuntimeError, match=r"not kept: .*m\.sqlite"):
                await measure_on()
            return visitor.measurements

    with (
        start(camera_server, "simulated", process_name="page's camera") as camera,
        serving_page(camera.endpoint, NOBODY, history, role=page_with_small_files, limit=limit) as (
            page,
            address,
        ),
    ):
        shown = asyncio.run(visit(address))
        assert page.running
    assert shown == [list(each) for each in kept(history)]


@pytest.mark.parametrize("content", [b"no database " * 100, b""])
def test_a_file_that_is_something_else(tmp_path, content):
    path = tmp_path / "m.sqlite"
    path.write_bytes(content)
    if content:
        with pytest.raises(HistoryError, match=r"m\.sqlite: file is not a database; .* another"):
            kept(path)
        assert path.read_bytes() == content
    else:
        assert kept(path) == []
    with contextlib.closing(sqlite3.connect(tmp_path / "x.sqlite")) as database:
        database.execute("CREATE TABLE measurements (apples)")
    with pytest.raises(HistoryError, match="it holds something else"):
        kept(tmp_path / "x.sqlite")
    with pytest.raises(HistoryError, match="there is no such folder"):
        kept(tmp_path / "nowhere" / "m.sqlite")


def test_one_camera_for_both(tmp_path):
    """Of a camera that only one program can have, a measurement is a frame of the stream."""
    with start(camera_publisher, "simulated", process_name="page's stream") as publisher:
        stream, control = publisher.wait_until(lambda it: it.endpoints[1:] and it.endpoints)
        with serving_page(control, stream, tmp_path / "m.sqlite") as (_, address):

            async def visit():
                async with visiting(address) as visitor:
                    await visitor.hear_until(lambda it: it.pictures)  # now the stream is known
                    return await visitor.measure()

            _, _, exposure, period, uncertainty, _ = asyncio.run(visit())
    assert exposure == 0.01
    assert period == pytest.approx(12, abs=6 * uncertainty)


def test_no_fringes_are_a_measurement_too(tmp_path):
    with serving(tmp_path / "m.sqlite") as (server, _, _, address):
        request(server.endpoint, "set", {"fringe_contrast": 0.0})
        assert measured_once(address)[3:] == [None, None, None]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"connect": "nonsense"}, "cannot connect to 'nonsense'"),
        ({"subscribe": "tcp://*:5555"}, "which only bind understands"),
        ({"topic": "a/b"}, "cannot be called 'a/b'"),
        ({"bind": "127.0.0.1"}, "give an address such as http://127.0.0.1:8000"),
        ({"bind": "http://127.0.0.1:99999"}, "cannot bind 'http://127.0.0.1:99999'"),
        ({"bind": "http://no.such.computer.invalid:*", "unencrypted": True}, "cannot bind"),
        ({"bind": "http://no.such.computer.invalid:*"}, "Give unencrypted=True in"),
        ({"history": Path("no/such/folder")}, "give another file"),
    ],
)
def test_what_cannot_be_is_told_at_once(tmp_path, options, said):
    given = {"connect": NOBODY, "subscribe": NOBODY, "history": tmp_path / "m.sqlite"}
    with pytest.raises((OSError, ValueError, zmq.ZMQError, HistoryError), match=re.escape(said)):
        web_page(**given | options)


@posix
def test_from_a_terminal_until_ctrl_c(tmp_path):
    command = [sys.executable, "-m", "zmqlab", "web-page", "--connect", NOBODY]
    command += ["--subscribe", NOBODY, "--history", str(tmp_path / "m.sqlite")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        address = re.search(r"http://127\.0\.0\.1:\d+/\S+/", process.stdout.readline())[0]
        assert b"Fringes" in get(address)[0]
        assert b"Fringes" in get(address.rstrip("/"))[0]
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=WAIT) == ("", "")
        assert process.returncode == 0


def test_a_port_that_is_taken(tmp_path):
    port = free_endpoint().rpartition(":")[2]
    given = {"connect": NOBODY, "subscribe": NOBODY, "history": tmp_path / "m.sqlite"}
    with start(web_page, **given, bind=f"http://127.0.0.1:{port}", process_name="page") as page:
        assert f"127.0.0.1:{port}/" in page.wait_output("web page: ")
        with pytest.raises(OSError, match=f"cannot bind 'http://127.0.0.1:{port}'"):
            web_page(**given, bind=f"http://127.0.0.1:{port}")
