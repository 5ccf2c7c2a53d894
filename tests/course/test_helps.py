"""Hints and solutions come on request, one at a time, and never in place of the learner's own."""

import re
from html.parser import HTMLParser

import pytest
from helpers.in_kernel import open_kernel

from zmqlab import check, hint, reset, solution, use
from zmqlab.course import helps
from zmqlab.course.exercises import exercises

NAMES = list(exercises())


@pytest.fixture(autouse=True)
def no_hint_given(tmp_path, monkeypatch):
    monkeypatch.setenv("ZMQLAB_DATA", str(tmp_path))
    helps._hints_given.clear()


def test_one_hint_at_a_time():
    count = len(exercises()["hears"].hints)
    given = [hint("hears").text for _ in range(count + 1)]
    assert len(set(given)) == count
    assert given[-1] == given[-2]
    assert 'solution("hears")' in given[-1]
    assert not any("solution(" in text for text in given[: count - 1])


@pytest.mark.parametrize("ask", [hint, solution, reset])
def test_there_is_no_such_exercise(ask):
    said = repr(ask("nonsense"))
    assert "no exercise of the name 'nonsense'" in said
    assert "shout_server" in said


def test_the_solution_comes_after_a_question():
    helps._hints_given.clear()
    assert "There are 3 hints you have not seen" in solution("hears").text
    hint("hears")
    asked = solution("hears")
    assert not asked.source
    assert "There are 2 hints you have not seen" in asked.text
    assert 'solution("hears", show=True)' in asked.text
    assert "startswith" in solution("hears", show=True).source


@pytest.mark.parametrize("name", NAMES)
def test_every_beginning_and_solution_can_be_had(name):
    found = exercises()[name]
    assert found.beginning.removeprefix("async ").startswith(f"def {name}(")
    assert found.solution.removeprefix("async ").startswith(f"def {name}(")
    assert found.beginning != found.solution
    assert found.function.__name__ == name


def test_reset_puts_the_beginning_into_a_cell_of_its_own():
    with open_kernel() as kernel:
        kernel.run("from zmqlab import reset\ndef hears(subscription, topic):\n    return 'mine'")
        shown = kernel.run(
            "reset('hears')\n(asked,) = get_ipython().payload_manager.read_payload()\n"
            "print(asked['source'], asked['replace'], hears(0, 0))\nprint(asked['text'])"
        )
        assert shown.text == f"set_next_input False mine\n{exercises()['hears'].beginning}\n"
        assert not shown.error


def hears(subscription, topic):
    return topic.startswith(subscription)


def test_use_takes_what_has_passed():
    def wrong(subscription, topic):
        return False

    wrong.__name__ = "hears"
    assert use(hears) is exercises()["hears"].function
    assert check(hears)
    assert use(hears) is hears
    assert use(wrong) is exercises()["hears"].function


def test_use_says_which(capsys):
    def count_lost(numbers):
        raise NotImplementedError

    use(count_lost)
    assert "count_lost: the course's own" in capsys.readouterr().out


class Folds(HTMLParser):
    """What stands in the page before anything is unfolded, and the titles to unfold."""

    def __init__(self):
        super().__init__()
        self.depth, self.in_title, self.open, self.titles = 0, False, "", []

    def handle_starttag(self, tag, attributes):
        self.depth += tag == "details"
        assert tag != "details" or "open" not in dict(attributes)
        if tag == "summary":
            self.in_title = True
            self.titles.append((self.depth, ""))

    def handle_endtag(self, tag):
        self.depth -= tag == "details"
        self.in_title = self.in_title and tag != "summary"

    def handle_data(self, data):
        if self.in_title:
            depth, title = self.titles[-1]
            self.titles[-1] = (depth, title + data)
        elif not self.depth:
            self.open += data


def test_a_result_folds_its_hints_one_into_the_other():
    def hears(subscription, topic):
        return False

    folds = Folds()
    folds.feed(check(hears)._repr_html_())
    count = len(exercises()["hears"].hints)
    hints = [(n, f"Hint {n} of {count}") for n in range(1, count + 1)]
    last = [(count + 1, "Show the solution?"), (count + 2, "Yes, show me the solution")]
    assert folds.titles == hints + last
    assert "startswith" not in folds.open
    assert not any(each in folds.open for each in exercises()["hears"].hints)


def test_who_has_passed_sees_no_hints():
    folds = Folds()
    folds.feed(check(hears)._repr_html_())
    assert folds.titles == [(1, "Another way to write it")]


def test_text_names_both():
    def hears(subscription, topic):
        return False

    assert re.search(r'hint\("hears"\).*solution\("hears"\)', repr(check(hears)))


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda subscription, topic: True, "Write it with `def`"),
        (3, "Hand over the function itself"),
    ],
)
def test_what_is_no_function_with_a_name(function, said):
    assert said in check(function).text


def test_async_functions_are_recognised_beforehand():
    async def hears(subscription, topic):
        return True

    assert "async def" in check(hears).text


def test_generators_are_recognised_beforehand():
    def hears(subscription, topic):
        yield True

    assert "yield" in check(hears).text


def test_other_parameters():
    def hears(topic):
        return True

    assert "hears(subscription, topic)" in check(hears).text
