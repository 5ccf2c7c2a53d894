"""All the benchmarks in one go: a table and a figure of what every way took.

    python -m benchmarks [--quick] [SECTION ...]

Writes benchmarks/README.md, benchmarks/benchmarks.svg and, with every single number,
benchmarks/results.json; after each section, so that what is measured stays should a later one
fail. Sections that are named are measured anew, and the others stay as they are, with the day on
which they were measured. `--quick` measures only a few rounds and writes into the temporary
directory: to try it. Close other programs first. A peer that is not installed is left out and
named.
"""

import argparse
import datetime
import json
import sys
import tempfile
import time
import traceback
from pathlib import Path

from benchmarks.others import compare, in_a_fresh_process
from benchmarks.report import write_figure, write_table
from benchmarks.timing import Comparison, machine, versions

FOLDER = Path(__file__).parent
SECTIONS = (
    "frames",
    "farm",
    "cluster",
    "recorder",
    "spectrum",
    "small_messages",
    "curve",
    "observed",
    "start_up",
    "live",
    "network_map",
    "browser_camera",
    "web_page",
    "proxy",
    "tap",
    "noticed",
    "cameras",
    "tracker",
)
QUICK = 2  # rounds
PEERS = (
    *("opencv-python-headless", "scipy", "h5py", "imagezmq", "vidgear", "eclipse-zenoh"),
    *("iceoryx2", "joblib", "distributed", "ray", "zarr", "hdf5plugin", "trackpy"),
)


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="a few rounds only, to try it")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    arguments = parser.parse_args()
    if unknown := set(arguments.sections) - set(SECTIONS):
        parser.error(f"no section {', '.join(unknown)}: there are {', '.join(SECTIONS)}")
    quick = arguments.quick
    folder = Path(tempfile.mkdtemp(prefix="benchmarks-")) if quick else FOLDER
    results = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "versions": versions(PEERS),
        "minutes": 0,
        "failed": {},
        "comparisons": [],
    }
    last = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    if arguments.sections:  # what was measured before stays, with its day
        results |= {"minutes": last["minutes"], "versions": last["versions"] | versions(PEERS)}
        results["comparisons"] = [
            one | {"date": one.get("date") or last["date"]} for one in last["comparisons"]
        ]
    begin = time.monotonic()
    for section in arguments.sections or SECTIONS:
        print(f"{section} ...", file=sys.stderr, flush=True)
        try:
            found = in_a_fresh_process(compare, section, QUICK if quick else None)
            anew = {one["what"] for one in found}
            kept = [one for one in results["comparisons"] if one["what"] not in anew]
            results["comparisons"] = kept + found
        except Exception as error:  # the others are measured all the same
            traceback.print_exc()
            results["failed"][section] = f"{type(error).__name__}: {error}"
        if not arguments.sections:
            results["minutes"] = round((time.monotonic() - begin) / 60, 1)
        write(results, folder)
    print(f"written: {folder}")
    return len(results["failed"])


def write(results, folder):
    """Write the numbers, and the table and the figure that they make."""
    for one in results["comparisons"]:  # five digits are plenty
        one["values"] = {w: [float(f"{v:.5g}") for v in vs] for w, vs in one["values"].items()}
    text = json.dumps(results, ensure_ascii=False)
    text = text.replace('{"what"', '\n{"what"')  # a line for each comparison
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")
    comparisons = [Comparison(**each) for each in results["comparisons"]]
    write_table(results, comparisons, folder / "README.md")
    write_figure(results, comparisons, folder / "benchmarks.svg")


if __name__ == "__main__":
    sys.exit(main())
