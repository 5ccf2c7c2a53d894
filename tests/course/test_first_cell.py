"""A notebook that was opened in the middle says: run the first cell."""

import pytest
from helpers.in_kernel import open_kernel
from helpers.minutes import NOTEBOOKS


@pytest.fixture(scope="module")
def kernel():
    with open_kernel() as kernel:
        kernel.run(f"%cd -q {NOTEBOOKS}\n%load_ext zmqlab.course.first_cell")
        yield kernel


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("server = start(camera_server, 'simulated')", "NameError"),
        ("%%terminal server\nimport zmq", "UsageError"),
        ("%terminals", "UsageError"),
        ("%stop server", "UsageError"),
    ],
)
def test_says_what_to_do(kernel, code, error):
    cell = kernel.run(code)
    assert "first cell of this notebook first" in cell.error + cell.text
    assert error in cell.error + cell.text


def test_after_the_first_cell_a_mistake_is_a_mistake(kernel):
    kernel.run("%load_ext zmqlab")
    cell = kernel.run("strat(1)")
    assert cell.name == "NameError"
    assert "first cell" not in cell.error
    assert not kernel.run("%terminals").error


def test_kernels_of_the_environment_load_it_by_themselves():
    """The package's configuration lies where IPython looks for it."""
    with open_kernel() as fresh:
        fresh.run(f"%cd -q {NOTEBOOKS}")
        assert "first cell of this notebook first" in fresh.run("check(shout_server)").error
