"""Visitors of a web page, without a browser: what a page in a browser says, said by Python.

`click_at_once` and `hurry` each start all their visitors in one event loop.
"""

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections import Counter

import numpy as np
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from zmqlab import drawing, measure_fringes, open_camera

PATIENCE = 20  # seconds


def address_of(process):
    """Return the address that a process has printed."""
    return process.wait_output("http://").split()[-1]


def post(address, origin=None):
    """Send a click as a page would, by default our own; return what came, or the error."""
    origin = origin or address.rstrip("/")
    request = urllib.request.Request(address, method="POST", headers={"Origin": origin})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return f"{answer.status} {answer.read().decode()}"
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.code} {error.reason}"


def click_at_once(address, visitors):
    """Let so many visitors click at the same time; return what each of them got."""

    async def click():
        return await asyncio.gather(*(asyncio.to_thread(post, address) for _ in range(visitors)))

    return _run(click())


def look(address, origin=None):
    """Open the websocket of a page, as a page from `origin` would; return what came of it."""

    async def open_and_close():
        headers = {"Origin": origin or address.rsplit("/", 2)[0]}
        request = HTTPRequest(address.replace("http", "ws") + "stream", headers=headers)
        try:
            connection = await websocket_connect(request)
        except HTTPClientError as error:
            return f"{error.code} {error.message}"
        connection.close()
        return "let in"

    return _run(open_and_close())


class Visitor:
    """A page that is open: what it was told by the server."""

    def __init__(self, connection):
        self.connection = connection
        self.state, self.measurements = None, []

    async def say(self, **message):
        await self.connection.write_message(json.dumps(message))

    async def hear(self):
        async with asyncio.timeout(PATIENCE):
            message = await self.connection.read_message()
        if message is None:
            raise ConnectionError("the server has closed the connection")
        if isinstance(message, bytes):  # a picture: no credit is given back, so no more come
            return
        news = json.loads(message)
        self.state = news.get("state", self.state)
        self.measurements += news.get("measurements", [])

    async def hear_until(self, done):
        while not done(self):
            await self.hear()


async def _visitor(address):
    visitor = Visitor(await websocket_connect(address.replace("http", "ws") + "stream"))
    await visitor.hear_until(lambda it: it.state and not it.state["camera"])
    return visitor


async def _wait_its_turn(visitor, others):
    """Click, wait for the measurement, and return how many came before it."""
    while True:
        seen = len(visitor.measurements) + others + 2
        await visitor.say(measure=True)
        await visitor.hear_until(
            lambda it, seen=seen: it.state["turn"] is not None or len(it.measurements) > seen
        )
        if (turn := visitor.state["turn"]) is not None:  # else it was over before we were told
            await visitor.hear_until(lambda it: it.state["turn"] is None)
            return turn


def measure(address, times=1):
    """Click so many times, one after the other; return the measurements."""

    async def click():
        visitor = await _visitor(address)
        before = len(visitor.measurements)
        while len(visitor.measurements) < before + times:
            await visitor.say(measure=True)
            seen = len(visitor.measurements)
            await visitor.hear_until(lambda it, seen=seen: len(it.measurements) > seen)
        visitor.connection.close()
        return visitor.measurements[before:]

    return _run(click())


def hurry(address, others=3, times=5):
    """Let others click without end; return how many came before a calm visitor, each time."""

    async def click_without_end():
        visitor = await _visitor(address)
        while True:
            await visitor.say(measure=True)
            await visitor.hear()

    async def calm():
        hasty = [asyncio.create_task(click_without_end()) for _ in range(others)]
        visitor = await _visitor(address)
        await visitor.hear_until(lambda it: len(it.measurements) > others)
        turns = [await _wait_its_turn(visitor, others) for _ in range(times)]
        for task in hasty:
            task.cancel()
        await asyncio.gather(*hasty, return_exceptions=True)
        return turns

    return _run(calm())


def states(address, happen):
    """Note what a page is told of its camera, while each of the things that `happen` is done."""

    async def watch():
        visitor, told = await _visitor(address), []
        for do, answers in happen:
            await asyncio.to_thread(do)
            await visitor.hear_until(lambda it, ok=answers: (it.state["camera"] == "") == ok)
            told.append(visitor.state["camera"] or "the camera answers")
        visitor.connection.close()
        return told

    return _run(watch())


def forty_frames():
    """Measure 40 frames with beads at other places; return errors and uncertainties, in pixels."""
    errors, uncertainties = [], []
    for seed in range(40):
        with open_camera("simulated", paced=False, seed=seed) as camera:
            fringes = measure_fringes(camera.read())
            errors.append(fringes.period - camera.truth["fringe_period"])
            uncertainties.append(fringes.uncertainty)
    return np.array(errors), np.array(uncertainties)


def repeat(diffusion, times=20):
    """Measure so many frames of one film; say how they scatter, and how far off they are."""
    with open_camera("simulated", paced=False, diffusion=diffusion) as camera:
        found = [measure_fringes(camera.read()) for _ in range(times)]
        truth = camera.truth["fringe_period"]
    periods = [each.period for each in found]
    print(f"scatter of {times} frames      {np.std(periods):.5f} pixels")
    print(f"uncertainty of each       {np.mean([each.uncertainty for each in found]):.5f}")
    print(f"their mean is off by      {abs(np.mean(periods) - truth):.5f}")


def draw_errors(errors, uncertainties):
    """Draw each error with its uncertainty, beside the truth; return how many bars hold it."""
    within = np.abs(errors) < uncertainties
    words = f"40 errors with error bars; {within.sum()} of the bars hold the truth"
    with drawing(words, width=8) as axes:
        for some, colour, label in (
            (within, "#0072B2", "holds the truth"),
            (~within, "#D55E00", "does not"),
        ):
            places, bars = np.flatnonzero(some), 1000 * uncertainties[some]
            axes.errorbar(places, 1000 * errors[some], bars, fmt="o", color=colour, label=label)
        axes.axhline(0, color="#767676")
        axes.set(xlabel="frame", ylabel="measured - true (0.001 pixels)")
        axes.margins(y=0.2)
        axes.legend(ncols=2)
    return within.sum()


def _run(coroutine):
    """Run a coroutine in a thread: a notebook has an event loop of its own already."""
    result = {}

    def work():
        try:
            result["value"] = asyncio.run(coroutine)
        except BaseException as error:
            result["error"] = error

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if "error" in result:
        raise result["error"]
    return result["value"]


def tally(answers):
    """Count answers by their first word."""
    return dict(Counter(answer.split()[0] for answer in answers))
