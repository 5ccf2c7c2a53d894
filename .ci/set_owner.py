"""Write the name of the project's owner in place of OWNER, wherever an address needs it.

python .ci/set_owner.py NAME
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = ["README.md", "pyproject.toml", "CITATION.cff"]
PLACE = re.compile(r"(github\.com|/gh)/OWNER/zmqlab")  # an address, or Binder's short one
# What README.md says while there is no address.
NOTE = re.compile(r"<!-- without an address -->\n.*?<!-- end -->\n\n", re.DOTALL)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


def set_owner(owner: str) -> int:
    """Put the owner into all files, and return into how many places."""
    places = 0
    for file in FILES:
        path = ROOT / file
        text, found = PLACE.subn(rf"\1/{owner}/zmqlab", path.read_text(encoding="utf-8"))
        path.write_text(NOTE.sub("", text), encoding="utf-8", newline="\n")
        places += found
    return places


if __name__ == "__main__":
    if len(sys.argv) != 2 or not NAME.fullmatch(sys.argv[1]):
        sys.exit(f"{__doc__}\nNAME is the user or organisation that the project belongs to.")
    if not (places := set_owner(sys.argv[1])):
        sys.exit("OWNER stands nowhere any more: the owner has been set.")
    print(f"{sys.argv[1]} is the owner now, in {places} places: commit them.")
