"""The table of a tap, in a kernel and in a page: it fills as things pass, and can be unfolded."""

import json
import sys

import cloudpickle
import pytest
import zmq
from helpers.in_browser import open_page, run_notebook, screenshots
from helpers.observing import PATIENCE, connected
from helpers.strangers import all_refused
from helpers.streams import raw_socket

from zmqlab import KeysError, tap
from zmqlab.page.capture_table import SHOWN, Capture
from zmqlab.page.tap_view import MOST
from zmqlab.patterns.capture import Kept
from zmqlab.wire.keys import of_this_process

cloudpickle.register_pickle_by_value(sys.modules[__name__])


def an_entry(number, kind="message", **facts):
    entry = {"number": number, "time": number / 10, "connection": 1, "side": "bound"}
    entry |= {"socket_type": "PUB", "kind": kind, "meaning": f"it means {number}", "size": 2}
    return (
        entry | {"offset": 0, "raw": "00 01", "fields": [["00", "flags"], ["01", "size"]]} | facts
    )


def test_a_tap_in_a_kernel(capsys):
    with raw_socket(zmq.PULL) as pull:
        with tap(pull.last_endpoint.decode()) as wire:
            assert wire.process.endpoint == wire.endpoint
            with connected(zmq.PUSH, wire.endpoint) as push:
                push.send(b"hello")
                assert pull.recv() == b"hello"
                assert wire.wait_for("READY", 2, PATIENCE)["side"] in ("connected", "bound")
                found = wire.wait_for("message", timeout=PATIENCE)
                assert found["meaning"] == 'message, 5 bytes: "hello"'
                with pytest.raises(TimeoutError, match=r"1 of 'PING' at .*; the last entry: mess"):
                    wire.wait_for("PING", timeout=0.01)
                wire.cut()
                push.send(b"later")
                wire.mend()
                assert pull.recv() == b"later"
                for change, said in (
                    (lambda: wire.delay(0.01), "a delay of 0.01 s"),
                    (lambda: wire.rate(1e6), "1,000,000 bytes a second"),
                    (lambda: wire.rate(None), "as fast as can be"),
                    (lambda: wire.corrupt(), "1 pieces to be corrupted"),
                ):
                    change()
                    assert wire.capture()[-1]["meaning"] == f"from now on: {said}"
                push.send(b"hello")
                assert pull.recv() == b"helln"
                assert "<tap on tcp://" in repr(wire)
                assert 'message, 5 bytes: "later"' in repr(wire)
                # An older report would say 0 too.
                wire.process.wait_until(lambda it: it.sockets[0]["peers"] == 2, PATIENCE)
            # The tap knows, and has not been asked for it.
            wire.process.wait_until(lambda it: not it.sockets[0]["peers"], PATIENCE)
            wire.process.stop()  # as `stop_all` does, which knows nothing of taps
        capture = wire.capture()
    assert capture[0]["kind"] == "opened"
    assert capture[-1]["kind"] == "closed", "what came last is there too"
    assert [entry["number"] for entry in capture] == list(range(1, len(capture) + 1))
    json.dumps(list(capture))
    with pytest.raises(TimeoutError, match="ended"):
        wire.wait_for("PING")


def test_a_tap_obeys_the_notebook_that_made_it_and_nobody_else(tmp_path):
    """Who asks may read what passes, corrupt it, and stop it."""
    patient = {"rcvtimeo": int(1000 * PATIENCE)}
    with raw_socket(zmq.PULL, **patient) as pull, tap(pull.last_endpoint.decode()) as wire:
        all_refused(wire.process.endpoints[1], zmq.DEALER, of_this_process(), tmp_path)
        with connected(zmq.PUSH, wire.endpoint) as push:
            push.send(b"hello")
            assert pull.recv() == b"hello"  # hands are shaken
            wire.corrupt()
            push.send(b"hello")
            assert pull.recv() == b"helln"
            assert wire.wait_for("message", timeout=PATIENCE)["size"] == 7


def test_a_tap_opens_to_other_computers_only_where_one_says_so():
    with pytest.raises(KeysError, match='keys="none"'):
        tap("tcp://127.0.0.1:9", bind="tcp://0.0.0.0:*")


def test_one_may_say_so(tmp_path):
    with tap("tcp://127.0.0.1:9", bind="tcp://0.0.0.0:*", keys="none") as wire:
        assert wire.endpoint.startswith("tcp://0.0.0.0:")
        all_refused(wire.process.endpoints[1], zmq.DEALER, of_this_process(), tmp_path)


def test_a_capture_shows_itself():
    capture = Capture([an_entry(1, meaning="<b>"), an_entry(2, side="", raw="", fields=[])])
    text, html = repr(capture), capture._repr_html_()
    assert text.splitlines()[0] == f"   0.0000  1 < PUB    {'00 01':<50}  <b>"
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert html.count('<th scope="col"') == 4
    assert "<dt><code>01</code></dt><dd>size</dd>" in html
    assert isinstance(capture[:1], Capture)
    assert repr(Capture()) == ""
    many = Capture(map(an_entry, range(SHOWN + 10)))
    assert repr(many).startswith("10 before these\n")
    assert many._repr_html_().count("<tr data-side") == SHOWN
    assert "(10 before these)" in many._repr_html_()


def test_what_is_kept_has_a_bound():
    kept = Kept(MOST)
    for number in range(1, MOST + 100):
        kept.keep("READY" if number == 1 else "message", (number, f"entry {number}"))
    entries = kept.after(0)
    assert len(entries) == MOST + 1
    assert entries[0] == (1, "entry 1")
    assert entries[-1] == (MOST + 99, f"entry {MOST + 99}")
    assert entries == sorted(entries)
    assert kept.after(MOST + 90) == entries[-9:]
    assert kept.last == MOST + 99


TAP = """import zmq
from zmqlab import tap
context = zmq.Context()
pub = context.socket(zmq.XPUB)
pub.bind("tcp://127.0.0.1:*")
wire = tap(pub.last_endpoint.decode())
wire
"""
TALK = """sub = context.socket(zmq.SUB)
sub.subscribe("camera/")
sub.connect(wire.endpoint)
pub.recv()
for number in range(20):
    pub.send_multipart([b"camera/", b"<b>%d</b>" % number, bytes(100_000)])
    sub.recv_multipart()
wire.wait_for("message", 60)
None
"""
END = """wire.cut()
wire.mend()
wire.show()
context.destroy(0)
wire.wait_for("closed")
None
"""


def test_a_tap_in_a_page(browser, lab, tmp_path):
    """It fills while cells run; what is unfolded stays so; keyboard and screen reader find it."""
    from axe_playwright_python.sync_playwright import Axe

    with open_page(browser, lab) as page:
        run_notebook(page, lab, "tap", "%load_ext zmqlab", TAP, TALK, END, "wire.stop()")
        one, other = (page.get_by_role("group", name="what passed: tap on").nth(n) for n in (0, 1))
        for table in one, other:
            table.get_by_text("connection closed by this side").wait_for()
            assert table.locator("thead th").all_inner_texts() == [
                *("time (s)", "from", "bytes", "meaning")
            ]
            table.get_by_text("from now on: mended").wait_for()
            table.get_by_text("→ 1: connected, SUB").first.wait_for()
        row = one.get_by_role("row").filter(has_text='SUBSCRIBE "camera/"')
        assert "04 11 09 53 55 42 53 43\n52 49 42 45 63 61 6d 65 .." in row.inner_text()
        assert "connected, SUB" in row.inner_text()
        topic = row.get_by_text("63 61 6d 65 72 61 2f", exact=True)
        assert not topic.is_visible()
        row.locator("summary").focus()
        page.keyboard.press("Enter")
        topic.wait_for()
        assert "<b>19</b>" in one.inner_text(), "what passes is text, whatever it looks like"
        found = Axe().run(page, {"include": [[".zmqlab-tap"]]})
        assert found.violations_count == 0, found.generate_report()
        screenshots(page, "tap", tmp_path)
