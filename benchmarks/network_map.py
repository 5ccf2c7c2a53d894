"""The network map: what it costs, and how soon it shows what has happened.

    python -m benchmarks.network_map [SECONDS]

Twenty processes, the notebook among them, have sixty sockets in a tree: each takes what the one
above it pushes and pushes it on to the two below, twenty times a second, and publishes for nobody.
JupyterLab runs in Chromium without a window and without a graphics processor, all on this machine.

The page's share is that of the browser's processes that run and paint it, JupyterLab included; the
same page without the map stands beside it. The kernel takes in the reports of twenty processes with
the map and without. An event is the death of a process by SIGKILL; the page shows it when its note
says so.
"""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.timing import Comparison, report

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
sys.path.insert(0, str(ROOT / "tests"))  # the browser's helpers

SECONDS = 10  # each
ROUNDS = 3
DEATHS = 7
WITHOUT, WITH = "without the map", "with the map"
CELLS = (
    "%load_ext zmqlab\nfrom zmqlab import network, start, process",
    """
import time, zmq

def node(above, seconds):
    with zmq.Context() as context:
        pull, push, pub = (context.socket(kind) for kind in (zmq.PULL, zmq.PUSH, zmq.PUB))
        for socket in (pull, push, pub):
            socket.linger, socket.sndtimeo = 0, 1
        pull.connect(above)
        push.bind("tcp://127.0.0.1:*")
        pub.bind("tcp://127.0.0.1:*")
        while True:
            pull.poll(1000)
            for _ in range(pull.poll(0)):
                message = pull.recv()
                for socket in (push, push, pub):
                    try:
                        socket.send(message)
                    except zmq.Again:
                        pass

context = zmq.Context()
root, publisher, other = (context.socket(kind) for kind in (zmq.PUSH, zmq.PUB, zmq.PUB))
for socket in (root, publisher, other):
    socket.linger, socket.sndtimeo = 0, 1
    socket.bind("tcp://127.0.0.1:*")
endpoints = [root.last_endpoint.decode()]
pids = {}
for number in range(19):
    one = start(node, endpoints[number // 2], 0.05, process_name=f"node{number}")
    endpoints.append(one.endpoint)
    pids[f"node{number}"] = one.pid

import threading

def feed():
    while True:
        time.sleep(0.05)
        try:
            root.send(b"message")
        except zmq.Again:
            pass
threading.Thread(target=feed, daemon=True).start()
import json
print(json.dumps(pids))
""",
    "network()",
)
FRAMES = """seconds => new Promise((done) => {
    let frames = 0;
    const begin = performance.now();
    const one = (now) => {
        frames += 1;
        if (now - begin < 1000 * seconds) requestAnimationFrame(one);
        else done(1000 * frames / (now - begin));
    };
    requestAnimationFrame(one);
})"""
DOTS = """() => {
    const canvas = document.querySelector('.zmqlab-dots');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value) => value > 0);
}"""
NOTED = """name => {
    window.noted = 0;
    const note = document.querySelector('.zmqlab-note');
    new MutationObserver((changes, observer) => {
        if (!note.textContent.startsWith(name + ":")) return;
        window.noted = Date.now();
        observer.disconnect();
    }).observe(note, { childList: true, characterData: true, subtree: true });
}"""


def cpu(processes):
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def painters():
    """Return the browser's processes for the page: the one that has computed most, and paint."""
    there = psutil.Process().children(recursive=True)
    pages, paint = (
        [each for each in there if f"--type={kind}" in each.cmdline()]
        for kind in ("renderer", "gpu-process")
    )
    return [max(pages, key=lambda each: cpu([each])), *paint]


def watch(page, seconds, groups):
    """Return the page's frames a second, and each group of processes' share of a core in %."""
    before, begin = [cpu(each) for each in groups], time.monotonic()
    frames = page.evaluate(FRAMES, seconds)
    took = time.monotonic() - begin
    return frames, [
        100 * (cpu(each) - was) / took for each, was in zip(groups, before, strict=True)
    ]


def in_a_browser(seconds, rounds):
    """Return frames a second, shares of the page and of the kernel; delays of deaths."""
    from helpers.in_browser import open_browser, open_lab, open_page, printed, run_notebook

    frames, pages, kernels = ({WITHOUT: [], WITH: []} for _ in range(3))
    with tempfile.TemporaryDirectory() as folder, open_browser() as browser:
        root, private = Path(folder, "course"), Path(folder, "jupyter")
        shutil.copytree(
            NOTEBOOKS, root / "notebooks", ignore=shutil.ignore_patterns("node_modules")
        )
        private.mkdir()
        with open_lab(root, private) as lab, open_page(browser, lab) as page:
            run_notebook(page, lab, "map", *CELLS)
            pids = json.loads(next(x for x in printed(page).split("\n") if x.startswith("{")))
            page.wait_for_function(
                "() => document.querySelectorAll('.zmqlab-map [data-edge].rate').length >= 19"
            )
            page.evaluate("() => document.querySelector('.zmqlab-network').scrollIntoView()")
            page.wait_for_function(DOTS)
            kernel, shows = lab.kernel(), painters()
            for _ in range(rounds):
                page.evaluate("() => document.querySelector('.zmqlab-stage').hidden = true")
                idle, (page_idle, kernel_idle) = watch(page, seconds, [shows, [kernel]])
                page.evaluate("() => document.querySelector('.zmqlab-stage').hidden = false")
                page.evaluate("() => document.querySelector('.zmqlab-network').scrollIntoView()")
                page.wait_for_timeout(2000)
                page.wait_for_function(DOTS)
                busy, shares = watch(page, seconds, [shows, [kernel]])
                frames[WITHOUT].append(idle)
                frames[WITH].append(busy)
                pages[WITHOUT].append(page_idle)
                pages[WITH].append(shares[0])
                kernels[WITHOUT].append(kernel_idle)
                kernels[WITH].append(shares[1])
            delays = [death(page, name, pids[name]) for name in list(pids)[-DEATHS:]]
            lab.end_kernels()
    return frames, pages, kernels, delays


def death(page, name, pid):
    """Kill a process; return after how many milliseconds the page has noted it."""
    page.evaluate(NOTED, name)
    begin = time.time()
    psutil.Process(pid).kill()
    page.wait_for_function("() => window.noted")
    return page.evaluate("() => window.noted") - 1000 * begin


def compare(seconds=SECONDS, rounds=ROUNDS):
    """Yield the comparisons of this file; each way is watched for so long, in turn."""
    frames, pages, kernels, delays = in_a_browser(seconds, rounds)
    what = "Network map, 20 processes and 60 sockets"
    yield Comparison(f"{what}: the page", "frames/s", WITHOUT, frames, [(WITH, None, 50)])
    yield Comparison(f"{what}: the page's share of a core", "%", "", pages, [(WITH, None, 50)])
    yield Comparison(f"{what}: the kernel's share of a core", "%", "", kernels, [(WITH, None, 50)])
    killed = "from a SIGKILL to the page"
    yield Comparison(f"{what}: how soon", "ms", "", {killed: delays}, [(killed, None, 500)])


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
