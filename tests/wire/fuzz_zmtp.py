#!/usr/bin/env python
"""A fuzzer of ZMTP's parser, led by coverage; run by hand, for as long as one likes.

In an environment of its own, on Linux, in the root of the repository::

    python -m venv fuzzing && source fuzzing/bin/activate && pip install atheris lazy-loader
    export PYTHONPATH=.:tests
    mkdir new
    tests/wire/fuzz_zmtp.py new tests/wire/zmtp_corpus -max_total_time=3600 -max_len=1024

What covers more than all before it goes into the first folder, and what the parser does not stand
into a file `crash-...`. This adds to the corpus here, through which `test_zmtp.py` goes, as few of
the new files as cover the same as all of them::

    tests/wire/fuzz_zmtp.py -set_cover_merge=1 -max_len=1024 tests/wire/zmtp_corpus new

An hour of it, some 470,000 conversations, each fed in two ways and looked at to the last word, has
found nothing since what it found in its first minutes was mended.
"""

import sys

import atheris

with atheris.instrument_imports(include=["zmqlab"]):
    from helpers.zmtp_streams import check_all

atheris.Setup(sys.argv, check_all)
atheris.Fuzz()
