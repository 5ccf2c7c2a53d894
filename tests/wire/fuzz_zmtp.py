"""A fuzzer of ZMTP's parser, led by coverage; run by hand, for as long as one likes.

    python -m venv fuzzing && fuzzing/bin/pip install atheris lazy-loader
    PYTHONPATH=.:tests fuzzing/bin/python tests/wire/fuzz_zmtp.py [FOLDER ...] [OPTIONS]

Options are libFuzzer's, such as `-max_total_time=3600`. What covers more goes into the first
folder; `-merge=1 tests/wire/zmtp_corpus NEW` adds to the corpus here what covers more, which
`test_zmtp.py` runs through each time.
"""

import sys
from pathlib import Path

import atheris

CORPUS = Path(__file__).with_name("zmtp_corpus")

with atheris.instrument_imports(include=["zmqlab"]):
    from helpers.zmtp_streams import check_all


def main():
    atheris.Setup([*sys.argv, str(CORPUS)], check_all)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
