"""The timeline's picture and table, without a browser: well-formed, complete, readable, escaped."""

import contextlib
import sys
import xml.etree.ElementTree as ET

import cloudpickle
import pytest
import zmq
from helpers.observing import PATIENCE, serve

import zmqlab
from zmqlab.page.timeline import MOST
from zmqlab.processes.handle import have_report

# As the functions of a notebook do, those of this file travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

SVG = "{http://www.w3.org/2000/svg}"


def ask(endpoint, count, text):
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.connect(endpoint)
        for _ in range(count):
            req.send_multipart([text, b"", bytes(1000)])
            req.recv_multipart()


@contextlib.contextmanager
def asked(count, text=b"<b>&", trace=True, name="client <1>"):
    options = {"trace": trace, "start_timeout": PATIENCE}
    with (
        zmqlab.start(serve, "REP", process_name="server", **options) as server,
        zmqlab.start(ask, server.endpoint, count, text, process_name=name, **options) as client,
    ):
        client.wait(PATIENCE)
        have_report([server], PATIENCE)  # a timeline does not wait for so long
        yield client, server


def parsed(html):
    """Return the tree of the HTML of a timeline, which is well-formed XML, too."""
    return ET.fromstring(f"<div>{html}</div>")


def test_a_picture_has_all_that_happened():
    with asked(3) as processes:
        shown = zmqlab.timeline(*processes)
    tree = parsed(shown.html)
    arrows = tree.findall(f".//{SVG}g[@class='zmqlab-messages']/{SVG}path")
    assert [arrow.get("class") for arrow in arrows] == ["arrived"] * 6
    rows = [text[0].text for text in tree.iter(f"{SVG}text") if len(text)]
    assert rows == ["client <1>", "server"]
    first = arrows[0].find(f"{SVG}title").text
    words, at = first.partition(" ms,")[0].rsplit(" ", 1)
    sent = "“<b>&” (4 bytes), 0 bytes, 1,000 bytes; sent at"
    assert words == f"client <1> REQ 0 → server REP 0: {sent}"
    span = tree.find(f".//{SVG}svg").get("data-span")
    assert float(at) < 0.03 * float(span)  # where the picture begins
    # From the client's row down to the server's, and back.
    heights = [[float(arrow.get(end).split()[2]) for end in ("data-from", "data-to")]
               for arrow in arrows]  # fmt: skip
    assert heights == [[66, 130], [130, 66]] * 3
    (svg,) = tree.iter(f"{SVG}svg")
    words = svg.get("aria-label")
    assert "3 from client <1> to server" in words
    assert repr(shown) == f"<timeline: {words}>"
    cells = [[cell.text for cell in row] for row in tree.iter("tr")]
    assert cells[0][:4] == ["from", "to", "sent (ms)", "received (ms)"]
    assert [row[4] for row in cells[1:]] == ["arrived"] * 6
    assert cells[1][5] == "“<b>&” (4 bytes), 0 bytes, 1,000 bytes"
    assert [each["to"] for each in shown.messages] == ["server", "client <1>"] * 3
    bundle, _ = shown._repr_mimebundle_()
    assert shown.html in bundle["text/html"]


def test_so_many_messages_are_drawn_and_the_others_counted():
    with asked(MOST // 2 + 50) as processes:
        shown = zmqlab.timeline(*processes)
        few = zmqlab.timeline(*processes, seconds=1e-9)
    assert len(shown.messages) == MOST
    assert "<p>100 earlier messages are not drawn.</p>" in shown.html
    assert len(few.messages) == 1


def test_without_a_trace_it_says_how_to_have_one():
    with asked(1, trace=False) as processes:
        with pytest.raises(ValueError, match=r"client <1>, server: .*trace=True"):
            zmqlab.timeline(*processes)
        with pytest.raises(ValueError, match="seconds=0"):
            zmqlab.timeline(seconds=0)
        processes[1].trace()
        assert "No message was noted" in zmqlab.timeline(processes[1]).html
