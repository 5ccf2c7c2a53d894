"""The checks of the exercises: they pass what is right, and survive whatever else comes."""

import _thread
import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import nbformat
import psutil
import pytest
import zmq
from helpers.learners import SHOUT, WRONG, changed, names, source, written
from nbclient import NotebookClient

from zmqlab import check, hint
from zmqlab.course.exercises import _exercises, _find
from zmqlab.processes.launch import processes

ANSWERS = [
    (name, answer) for name in names() for answer in ("solution", "exercise", *WRONG.get(name, ()))
]
each_exercise = pytest.mark.parametrize("name", names())


@pytest.fixture(scope="module")
def results(request):
    """What `check` says of each answer that a test asks for: {(name, answer): Result}.

    A check mostly waits, so several exercises are checked side by side.
    """
    asked = {}
    for item in request.session.items:
        if "results" in item.fixturenames:
            asked.setdefault(item.callspec.params["name"], []).append(
                item.callspec.params["answer"]
            )

    def try_out(name, answer):
        try:
            return check(written(text(name, answer), name))
        except Exception as error:
            return error

    def check_all(name):  # one after the other: one name is one process
        return {(name, answer): try_out(name, answer) for answer in asked[name]}

    with ThreadPoolExecutor(4) as pool:
        return {key: result for part in pool.map(check_all, asked) for key, result in part.items()}


def text(name, answer):
    """Return the source of an answer: the starter, the solution, or a wrong one."""
    return source(answer, name) if answer in ("solution", "exercise") else WRONG[name][answer][0]


@pytest.mark.timeout(900)  # the first of them waits for all
@pytest.mark.parametrize(("name", "answer"), ANSWERS)
def test_answer(results, name, answer):
    result = results[name, answer]
    if isinstance(result, Exception):
        raise result
    if answer == "solution":
        assert result.state == "passed", result
        assert result
        assert result.text
    elif answer == "exercise":
        assert not result
        # What is to be written is not attempted; what is to be mended does not do what it should.
        written_yet = "NotImplementedError" not in text(name, answer)
        assert result.state == ("not yet" if written_yet else "not attempted"), result
    else:
        assert result.state == "not yet", result
        assert re.search(WRONG[name][answer][1], repr(result), re.DOTALL), result
        assert f"hint({name})" in repr(result)


def test_every_exercise_is_tested():
    with pytest.raises(LookupError):
        _find("none")
    assert set(_exercises) == set(names()), (
        "a check without an exercise in a notebook, or the reverse"
    )
    assert set(names()) == set(WRONG), "each exercise needs wrong answers, in learners.py"
    assert all(2 <= len(each.hints) <= 4 for each in _exercises.values())


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
        (["while True: pass"], "still busy.*while True"),
        (["time.sleep(1e6)"], r"still busy.*time.sleep\(1e6\)"),
        (["return 1 / 0"], "raised an error.*return 1 / 0.*ZeroDivisionError"),
        (["raise KeyboardInterrupt"], "raised an error.*KeyboardInterrupt"),
        (["import sys", "sys.exit(5)"], "raised an error.*SystemExit: 5"),
        (["input('Well? ')"], "raised an error.*EOFError"),
        (["import os", "os._exit(3)"], "ended the process that it ran in, with exit code 3"),
        (["import ctypes", "ctypes.string_at(0)"], "ended the process that it ran in"),
        (["zmq.Context.instance().socket(zmq.REQ).connect(endpoint)"], "'reply to hello'.*None"),
        (["return object()"], "expected: b'reply to hello'.*it gave: <object"),
        (["import numpy", "return numpy.arange(9)"], "expected: b'reply to hello'.*it gave: array"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_function_that_misbehaves(lines, says):
    result = check(asks(*lines))
    assert result.state == "not yet"
    assert re.search(says, repr(result), re.DOTALL), result
    assert "trial.py" not in result.traceback  # the learner's lines only


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["socket.recv()", "import os", "os._exit(3)"], "the server has ended"),
        (["socket.recv()", "return 1 / 0"], "the server has ended.*return 1 / 0.*ZeroDivision"),
        (["raise KeyboardInterrupt"], "server has ended"),
        (["try:", "    socket.recv()", "except KeyboardInterrupt:", "    pass"], "no reply came"),
        (["print('<flood>' * 100)"], "no reply came within.*what it printed:.*<flood>"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_server_that_misbehaves(lines, says):
    result = check(shouts(*lines))
    assert result.state == "not yet"
    assert re.search(says, repr(result), re.DOTALL), result


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("time.sleep(1e6)", "bound no socket within"),
        ("return", "server has ended before anybody"),
        ("return 1 / 0", "ended before it bound a socket.*return 1 / 0.*ZeroDivisionError"),
        ("__import__('os')._exit(3)", "ended before it bound a socket"),
    ],
)
def test_server_that_does_not_come_up(line, says):
    result = check(written(f"def shout_server(bind):\n    {line}\n", "shout_server"))
    assert result.state == "not yet"
    assert re.search(says, repr(result), re.DOTALL), result


def test_not_attempted_inside_the_server():
    """Bound already, and then not written further."""
    result = check(shouts("request = socket.recv()", "raise NotImplementedError('reply')"))
    assert result.state == "not attempted"


def test_what_does_not_even_listen_to_a_watch(monkeypatch):
    """A search that holds the interpreter for ever: the notebook's own patience ends it."""
    monkeypatch.setattr("zmqlab.course.exercises.SLOWEST", 4)
    result = check(asks("import re", "return re.match('(a+)+b', 'a' * 60)"))
    assert result.state == "not yet"
    assert "was not done after 4 s" in result.text


def test_interrupted(monkeypatch):
    def interrupt():
        process = None
        while not (process and process.settle(lambda it: it.ready, 60)):
            running = [each for each in processes() if each.name == "check of patient_ask"]
            process = next((each for each in running if each not in before), None)
        _thread.interrupt_main()

    before = processes()
    thread = threading.Thread(target=interrupt)
    thread.start()
    result = check(asks("time.sleep(1e6)"))
    thread.join()
    assert result.state == "not yet"
    assert result.text == "The check was interrupted."
    assert psutil.Process().children() == []


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

    for result in (check(shuot_server), hint(shuot_server), hint("shuot_server"), hint(None)):
        assert not result
        assert "There is no exercise of the name" in result.text
        assert all(name in result.text for name in names())


def test_function_that_cannot_travel():
    with zmq.Context() as context:
        function = asks("return context")
        function.__globals__["context"] = context
        result = check(function)
    assert result.state == "not yet"
    assert "cannot travel to another process" in result.text


@each_exercise
def test_hints_come_one_at_a_time(name, monkeypatch):
    monkeypatch.setattr("zmqlab.course.exercises._hints_given", Counter())
    hints = _find(name).hints
    given = [hint(name) for _ in range(len(hints) + 1)]
    assert [each.text for each in given] == [*hints, hints[-1]]  # the last one again
    assert [each.number for each in given] == [*range(1, len(hints) + 1), len(hints)]
    assert "the last hint" in repr(given[-1])
    assert "the last hint" not in repr(given[0])
    assert hints[0] in repr(given[0])


def test_html_is_escaped_and_says_in_words_what_the_colour_says():
    result = check(asks("print('<script>1</script>')", "return b'<b> & `x`'"))
    page = result._repr_html_()
    assert "✘ <code>patient_ask</code>: not yet" in page
    assert "b&#x27;&lt;b&gt; &amp; `x`&#x27;" in page
    assert "&lt;script&gt;1&lt;/script&gt;" in page
    assert "<script" not in page
    assert "background" not in page  # the page's own, light or dark
    assert "<code>hint(patient_ask)</code> gives a hint." in page
    assert "<code>recv</code>" in hint("patient_ask")._repr_html_()


def test_in_a_kernel():
    """The cell is named by its number, and the result is shown as a page and as text."""
    cells = [
        "import time, zmq\nfrom zmqlab import check, hint",
        source("exercise", "never_silent"),
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
