"""What the fuzzer has found (`fuzz.py`) of frames, requests and reports breaks nothing any more."""

from pathlib import Path

import pytest
from helpers.message_bytes import CHECKS


@pytest.mark.parametrize("what", CHECKS)
def test_what_the_fuzzer_has_found(what):
    paths = sorted(Path(__file__).with_name(f"{what}_corpus").iterdir())
    assert len(paths) > 5
    for path in paths:
        try:
            CHECKS[what](path.read_bytes())
        except Exception as error:
            error.add_note(str(path))
            raise
