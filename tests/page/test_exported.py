"""A page without a kernel shows what panels, taps, live views, maps and timelines showed last."""

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

WAIT = """
import threading
[each.join(20) for each in threading.enumerate() if each.name.startswith(("panel of", "view of"))]
"""
PAIR = """%%terminal pair --trace
import zmq

with zmq.Context() as context, context.socket(zmq.PAIR) as one, context.socket(zmq.PAIR) as two:
    one.bind("inproc://here")
    two.connect("inproc://here")
    one.send(b"<hello>")
    two.recv()
"""
CELLS = [
    "%load_ext zmqlab\n"
    "from zmqlab import camera_publisher, live, network, recall, start, stop_all, subscribe, tap\n"
    "from zmqlab import timeline",
    "recall('05')",
    "%%terminal talker\nprint('printed by <talker> & kept')",
    "talker.wait()",
    "camera = start(camera_publisher, 'simulated')\ncamera",
    "live(camera)",
    "network()",
    "wire = tap(camera)\nwire",
    "with subscribe(wire.endpoint) as stream:\n    stream.read()",
    PAIR,
    "pair.wait()\ntimeline(pair)",
    "stop_all()" + WAIT,
]


def test_an_exported_page_keeps_panels_live_views_and_timelines(tmp_path):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    # JupyterLab does not keep the state of widgets either, unless it is told to.
    options = {"resources": {"metadata": {"path": str(tmp_path)}}, "store_widget_state": False}
    NotebookClient(notebook, timeout=120, **options).execute()
    page, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
    assert "<summary>Answer</summary>" in page
    assert "printed by &lt;talker&gt; &amp; kept" in page
    assert "talker: ended" in page
    assert "camera publisher: simulated at tcp:" in page
    assert "camera_publisher: stopped" in page
    assert "<details><summary>XPUB · bound to tcp:" in page
    assert 'alt="live view of ' in page
    assert '<summary>SUBSCRIBE "camera/"</summary>' in page
    assert "<dt><code>63 61 6d 65 72 61 2f</code></dt><dd>topic</dd>" in page
    assert 'aria-label="network of 4 processes with 1 connection"' in page
    assert "<caption>network of 4 processes with 1 connection</caption>" in page
    assert 'aria-label="1 message in ' in page
    assert "<td>“&lt;hello&gt;” (7 bytes)</td>" in page
