"""Print a constraints file with the oldest versions that pyproject.toml allows.

    python .ci/oldest.py > oldest.txt
    pip install -e ".[test]" -c oldest.txt

Each `>=X` of the module, and of what its tests install, becomes `==X`. With Python 3.11: for
newer ones most of these versions have no wheels.
"""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
# The other extras are for measuring and for developing.
EXTRAS = ["notebooks", "cluster", "compression", "node", "tracking", "test"]


def oldest(pyproject: dict) -> list[str]:
    """Return a line of a constraints file for each requirement of the parsed pyproject.toml."""
    project = pyproject["project"]
    extras = [each for extra in EXTRAS for each in project["optional-dependencies"][extra]]
    lines = []
    for requirement in map(Requirement, [*project["dependencies"], *extras]):
        if requirement.name == project["name"]:  # `zmqlab[notebooks]` among what the tests need
            continue
        bounds = [each.version for each in requirement.specifier if each.operator == ">="]
        if len(bounds) != 1:
            raise ValueError(f"{requirement} needs one lower bound, like >=1.2; it has {bounds}")
        marker = f" ; {requirement.marker}" if requirement.marker else ""
        lines.append(f"{requirement.name}=={bounds[0]}{marker}")
    return lines


if __name__ == "__main__":
    print(*oldest(tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))), sep="\n")
