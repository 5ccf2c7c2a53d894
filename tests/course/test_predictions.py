"""A guess is kept, and set beside what came."""

import pytest
from helpers.in_kernel import open_kernel

from zmqlab import predict, recall, reveal
from zmqlab.course import predictions, progress_file

NAMES = list(predictions._questions())
NAME = "bytes-of-a-frame"


@pytest.fixture(autouse=True)
def nothing_guessed(tmp_path, monkeypatch):
    monkeypatch.setenv("ZMQLAB_DATA", str(tmp_path))
    monkeypatch.setattr(predictions, "_guesses", {})
    monkeypatch.setattr(predictions, "_told", set())


def choose(prediction, number):
    """Choose an answer as the page does: it sets the value of the radio buttons."""
    prediction._choices.value = number


@pytest.mark.parametrize("name", NAMES)
def test_every_question_is_complete(name):
    question = predictions._question(name)
    assert len(set(question.answers)) == len(question.because) == 3
    assert all(question.because)
    assert question.right in (None, 0, 1, 2)
    assert question.notebook[:2].isdigit()


def test_a_question_can_be_read_without_widgets():
    said = repr(predict(NAME))
    assert said.startswith("Guess first: How many bytes")
    assert said.count("( )") == 3
    bundle, _ = predict(NAME)._repr_mimebundle_()
    assert "About 0.9" in bundle["text/html"] or "about 0.9" in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_without_a_guess_it_passes_through_and_says_so():
    predict(NAME)
    said = repr(reveal(NAME, "921,600 bytes"))
    assert "You made no guess." in said
    assert "It came: 921,600 bytes" in said
    assert progress_file.load()["guesses"] == {}


@pytest.mark.parametrize(("guess", "word"), [(0, "Not so"), (1, "Right."), (2, "Not so")])
def test_the_guess_is_set_beside_what_came(guess, word):
    choose(predict(NAME), guess)
    question = predictions._question(NAME)
    said = repr(reveal(NAME, "921,600 bytes"))
    assert f"You guessed: {question.answers[guess]}" in said
    assert word in said
    assert question.because[guess] in said
    assert progress_file.load()["guesses"][NAME] == {"guess": guess, "right": guess == 1}


def test_what_is_right_may_be_measured():
    choose(predict(NAME), 0)
    assert "Right." in repr(reveal(NAME, "so it is", right=0))


def test_a_question_that_nobody_knows():
    with pytest.raises(LookupError, match=r"there is no question 'what'; there are: .*bytes-of"):
        predict("what")


def test_what_was_guessed_wrong_returns_first(monkeypatch):
    one = {"question": "?", "answers": ["a", "b", "c"], "because": ["x", "y", "z"], "right": 0}
    names = {f"q{n}": one | {"notebook": f"0{n}-x"} for n in range(1, 6)}
    monkeypatch.setattr(predictions, "_questions", lambda: names)
    progress_file.note_guess("q1", 2, right=False)
    progress_file.note_guess("q4", 0, right=True)
    returning = [each.question.name for each in recall("05")._predictions]
    assert returning == ["q1", "q3"]


def test_a_question_that_returns_is_answered_at_once():
    (returning, *_) = recall("01")._predictions
    choose(returning, 2)
    assert "Not so" in returning._answer.value
    assert progress_file.load()["guesses"][NAME]["right"] is False
    choose(returning, returning.question.right)  # who knows the answer does not guess
    assert "Right" in returning._answer.value
    assert progress_file.load()["guesses"][NAME]["right"] is False


def test_in_a_kernel_the_page_chooses(monkeypatch, tmp_path):
    monkeypatch.setenv("ZMQLAB_DATA", str(tmp_path))
    with open_kernel() as kernel:
        kernel.run(f"from zmqlab import predict, reveal\npredict({NAME!r})")
        (buttons,) = (one for one, state in kernel.states.items() if "_options_labels" in state)
        kernel.update(buttons, {"index": 1})
        shown = kernel.run(f"print(reveal({NAME!r}, 'it came'))")
        assert "You guessed: about 0.9 million" in shown.text
