"""The checks of the exercises: they pass what is right, and survive whatever else comes."""

import _thread
import collections
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import nbformat
import psutil
import pytest
import zmq
from helpers.families import is_watchdog
from helpers.learners import answers, beginning, changed, solution, written
from nbclient import NotebookClient

from zmqlab import check
from zmqlab.course import checking
from zmqlab.course.exercises import exercises, read
from zmqlab.processes.launch import processes

SOLUTIONS = {(name, "the solution"): solution(name) for name in exercises()}
RIGHT = SOLUTIONS | answers("RIGHT")
WRONG = answers("WRONG")
BEGINNINGS = {(name, "the beginning"): beginning(name) for name in exercises()}
SOURCES = RIGHT | BEGINNINGS | {key: source for key, (source, _) in WRONG.items()}
SHOUT = solution("shout_server")
MOST_ANSWERS = 12  # to an exercise
everything = pytest.mark.everything


@pytest.fixture(autouse=True, scope="module")
def progress_of_its_own(tmp_path_factory):
    """What is passed here is not what the person at this computer has passed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZMQLAB_DATA", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="module")
def results(request):
    """What `check` says of each answer that a test asks for: {(name, title): Result}.

    A check mostly waits, so several exercises are checked side by side.
    """
    asked = {}
    for item in request.session.items:
        if "results" in item.fixturenames:
            name, title = item.callspec.params["answer"]
            asked.setdefault(name, []).append(title)

    def try_out(name, title):
        try:
            return check(written(SOURCES[name, title], name))
        except Exception as error:
            return error

    def check_all(name):  # one after the other: one name is one process
        return {(name, title): try_out(name, title) for title in asked[name]}

    with ThreadPoolExecutor(6) as pool:
        found = pool.map(check_all, reversed(asked))  # those of the last notebooks take longest
        return {key: result for part in found for key, result in part.items()}


def answered(answers, first):
    """Parametrize a test with answers, of which the first ones to an exercise always run."""
    count = collections.Counter()
    params = []
    for name, title in answers:
        count[name] += 1
        marks = [everything] * (count[name] > first)
        params.append(pytest.param((name, title), id=f"{name} - {title}", marks=marks))
    # The first test to ask waits for all of them.
    return lambda test: pytest.mark.timeout(1200)(pytest.mark.parametrize("answer", params)(test))


def result_of(results, answer):
    if isinstance(results[answer], Exception):
        raise results[answer]
    return results[answer]


@answered(RIGHT, first=2)
def test_right_answer(results, answer):
    result = result_of(results, answer)
    assert result.state == "passed", result
    assert result
    assert result.text


@answered(WRONG, first=2)
def test_wrong_answer(results, answer):
    result = result_of(results, answer)
    assert result.state == "not yet", result
    assert re.search(WRONG[answer][1], repr(result), re.DOTALL), result
    assert f'hint("{answer[0]}")' in repr(result)
    assert not re.search(r'File "[^"]*zmqlab[/\\]', result.traceback), result.traceback


@answered(BEGINNINGS, first=1)
def test_beginning(results, answer):
    result = result_of(results, answer)
    assert not result
    # What is to be written is not attempted; what is to be mended does not do what it should.
    written_yet = "NotImplementedError" not in SOURCES[answer]
    assert result.state == ("not yet" if written_yet else "not attempted"), result


def test_every_exercise_has_answers_and_hints():
    wrong, right = (collections.Counter(name for name, _ in some) for some in (WRONG, RIGHT))
    assert {name: count for name in exercises() if (count := wrong[name]) < 4} == {}
    assert {name: count for name in exercises() if (count := right[name]) < 2} == {}
    assert max((wrong + right).values()) <= MOST_ANSWERS
    assert all(2 <= len(exercise.hints) <= 4 for exercise in exercises().values())


class Counter:
    def __call__(self, bind):
        pass


def asks(*lines):
    """Return a `patient_ask` of these lines."""
    body = "\n".join(f"    {line}" for line in lines)
    return written(f"def patient_ask(endpoint, request, timeout):\n{body}\n", "patient_ask")


def shouts(*lines):
    """Return a `shout_server` that does this for each request."""
    body = "\n".join(f"            {line}" for line in lines)
    head = changed(SHOUT, SHOUT[SHOUT.index("            request =") :], "")
    return written(f"{head}{body}\n", "shout_server")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        pytest.param(["while True: pass"], "still busy.*while True", marks=everything),
        pytest.param(["time.sleep(1e6)"], r"still busy.*time.sleep\(1e6\)", marks=everything),
        (["return 1 / 0"], "raised an error.*return 1 / 0.*ZeroDivisionError"),
        (["raise KeyboardInterrupt"], "raised an error.*KeyboardInterrupt"),
        (["import sys", "sys.exit(5)"], "raised an error.*SystemExit: 5"),
        (["input('Well? ')"], "raised an error.*EOFError"),
        pytest.param(
            ["import os", "os._exit(3)"],
            "ended the process that it ran in, with exit code 3",
            marks=everything,
        ),
        pytest.param(
            ["import os", "os.kill(os.getpid(), 9)"],
            "The process of the check was killed, perhaps because there was no memory",
            marks=pytest.mark.skipif(os.name == "nt", reason="no signals there"),
        ),
        pytest.param(
            ["import ctypes", "ctypes.string_at(0)"],
            "ended the process that it ran in",
            marks=everything,
        ),
        (["zmq.Context.instance().socket(zmq.REQ).connect(endpoint)"], "'reply to hello'.*None"),
        (["return object()"], "expected: b'reply to hello'.*it gave: <object"),
        (["import numpy", "return numpy.arange(9)"], "expected: b'reply to hello'.*it gave: array"),
        (
            ["return 'reply to hello'"],
            r"expected: b'reply to hello' \(bytes\).*it gave: 'reply to hello' \(str\)",
        ),
        (
            ["async def ask(): pass", "return ask()"],
            "returns a coroutine, which nobody runs: `asyncio.run",
        ),
        (
            [
                "with zmq.Context() as context, context.socket(zmq.SUB) as socket:",
                "    socket.connect(endpoint)",
            ],
            "It made a SUB socket where a DEALER or REQ is needed",
        ),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_function_that_misbehaves(lines, says):
    result = check(asks(*lines))
    assert result.state == "not yet"
    assert re.search(says, repr(result), re.DOTALL), result
    assert "trial.py" not in result.traceback  # the learner's lines only


@pytest.mark.parametrize(
    ("line", "error"),
    [
        # The socket may not receive yet: raised in pyzmq, below ours and below the learner's.
        ("return zmq.Context.instance().socket(zmq.REQ).recv()", "ZMQError"),
        ("return zmqlab.no_such_name", "AttributeError"),
    ],
)
def test_traceback_holds_the_learners_lines_only(line, error):
    result = check(asks(line))
    files = re.findall(r'File "([^"]+)"', result.traceback)
    assert len(files) == 1, result.traceback
    assert files[0].startswith("<cell")
    assert error in result.traceback


FAULTY = """from zmqlab import StartError
from zmqlab.course.exercises import hints

@hints("none")
def patient_ask(endpoint, request, timeout):
    return None

def check_patient_ask(function):
    raise {error}
"""


@pytest.fixture
def check_fails(monkeypatch, tmp_path):
    """Have the check of `patient_ask` raise an error, given as Python writes it."""

    def fail(error):
        file = tmp_path / "01_request_reply.py"
        file.write_text(FAULTY.format(error=error))
        (exercise,) = read(file)
        monkeypatch.setattr(checking, "find", lambda name: exercise)

    return fail


def test_fault_of_a_check_is_not_blamed_on_the_learner(check_fails):
    check_fails("KeyError('mean')")
    result = check(asks("return None"))
    assert re.search(r"01_request_reply.py, line 9.*KeyError.*not yours", result.text)
    assert not result.traceback


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            "TimeoutError('no count after 20 s')",
            "The computer was too slow for the check: no count after 20 s. Check again.",
        ),
        (
            "StartError('wire did not come up (running):\\n')",
            "The computer was too slow for the check: wire did not come up (running). Check again.",
        ),
        (
            "StartError('server did not come up (failed):\\nZeroDivisionError')",
            "A program of the check failed: server did not come up (failed). Check again.",
        ),
    ],
)
def test_slow_computer_is_no_fault_of_a_check(check_fails, error, says):
    check_fails(error)
    result = check(asks("return None"))
    assert result.text == says
    assert ("ZeroDivisionError" in result.traceback) == ("ZeroDivisionError" in error)


def test_not_attempted_inside_the_server():
    """Bound already, and then not written further."""
    result = check(shouts("request = socket.recv()", "raise NotImplementedError('reply')"))
    assert result.state == "not attempted"


def test_interrupted(monkeypatch):
    def interrupt():
        process = None
        while not (process and process.settle(lambda it: it.ready, 60)):
            running = [each for each in processes() if each.name == "check of patient_ask"]
            process = next((each for each in running if each not in before), None)
        _thread.interrupt_main()

    before, children = processes(), set(psutil.Process().children())
    thread = threading.Thread(target=interrupt)
    thread.start()
    result = check(asks("time.sleep(1e6)"))
    thread.join()
    assert result.state == "not yet"
    assert result.text == "The check was interrupted."
    assert all(map(is_watchdog, set(psutil.Process().children()) - children))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("def shout_server(): pass", r"called as `shout_server\(bind\)`.*too many positional"),
        ("def shout_server(bind, port): pass", r"called as `shout_server\(bind\)`.*'port'"),
        ("shout_server = type('shout_server', (), {'__init__': lambda self: None})", "called as"),
    ],
)
def test_wrong_signature(line, says):
    result = check(written(line, "shout_server"))
    assert result.state == "not yet"
    assert re.search(says, result.text)


@pytest.mark.parametrize("nothing", [None, "shout_server", 7, b""])
def test_not_a_function(nothing):
    result = check(nothing)
    assert not result
    assert "Hand over the function itself, as in `check(shout_server)`." in result.text


def test_unknown_exercise():
    def shuot_server(bind):
        pass

    result = check(shuot_server)
    assert not result
    assert "There is no exercise of the name" in result.text
    assert all(name in result.text for name in exercises())


def test_function_that_cannot_travel():
    with zmq.Context() as context:
        function = asks("return context")
        function.__globals__["context"] = context
        result = check(function)
    assert result.state == "not yet"
    assert "cannot travel to another process" in result.text


def test_html_is_escaped_and_says_in_words_what_the_colour_says():
    result = check(asks("print('<script>1</script>')", "return b'<b> & `x`'"))
    page = result._repr_html_()
    assert "✘ <code>patient_ask</code>: not yet" in page
    assert "b&#x27;&lt;b&gt; &amp; `x`&#x27;" in page
    assert "&lt;script&gt;1&lt;/script&gt;" in page
    assert "<script" not in page
    assert "background" not in page  # the page's own, light or dark
    assert "<code>recv</code>" in page  # a hint


def test_in_a_kernel():
    """The cell is named by its number, and the result is shown as a page and as text."""
    cells = [
        "import time, zmq\nfrom zmqlab import check, hint",
        beginning("never_silent"),
        "check(never_silent)",
        "bool(check(never_silent))",
        "hint(never_silent)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    (shown,), (truth,), (helped,) = (cell.outputs for cell in notebook.cells[2:])
    assert "✘ never_silent: not yet" in shown.data["text/plain"]
    assert 'File "Cell In[2]", line ' in shown.data["text/plain"]
    assert "request = socket.recv" in shown.data["text/plain"]
    assert "Cell In[2]" in shown.data["text/html"]
    assert truth.data["text/plain"] == "False"
    assert "hint 1 of 4" in helped.data["text/html"]
