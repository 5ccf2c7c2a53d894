"""Of the values that a test is repeated with, those of the default run."""

import pytest


def always(count, values):
    """Mark all values but the first ones: they are tried with --everything only."""
    first, rest = [*values][:count], [*values][count:]
    rows = [value if isinstance(value, tuple) else (value,) for value in rest]
    return [*first, *(pytest.param(*row, marks=pytest.mark.everything) for row in rows)]
