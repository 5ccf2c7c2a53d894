#!/usr/bin/env python
"""A fuzzer of what reads from sockets, led by coverage; run it by hand, as long as you like.

It tries ZMTP's parser (``--zmtp``) and what reads the messages in it: ``--frame``, ``--request``,
``--report``. In an environment of its own, on Linux, in the root of the repository::

    python -m venv fuzzing && source fuzzing/bin/activate && pip install atheris
    pip install lazy-loader numpy pyzmq cloudpickle
    export PYTHONPATH=.:tests
    mkdir new
    tests/wire/fuzz.py --zmtp new tests/wire/zmtp_corpus -max_total_time=3600 -max_len=1024

Input that covers more than all before it goes into the first folder, and input that breaks
something into a file `crash-...`. This adds as few of the new files as cover the same as all of
them to the corpus here, through which the tests go::

    tests/wire/fuzz.py --zmtp -set_cover_merge=1 -max_len=1024 tests/wire/zmtp_corpus new

An hour of ``--zmtp``, some 470,000 conversations, each fed in two ways and looked at to the last
word, found nothing once what it had found in its first minutes was mended. Seven minutes of each of
the others, 2,300,000 frames, 550,000 requests and 1,300,000 reports, found one thing, which is
mended too: a report that was a list ended the thread that receives them.
"""

import sys

import atheris

(what,) = (each[2:] for each in sys.argv if each.startswith("--"))
with atheris.instrument_imports(include=["zmqlab"]):
    if what == "zmtp":  # alone, without what the others need
        from helpers.zmtp_streams import check_all as check
    else:
        from helpers.message_bytes import CHECKS

        check = CHECKS[what]

atheris.Setup(sys.argv, check)
atheris.Fuzz()
