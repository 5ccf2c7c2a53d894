"""The constraints of the oldest dependencies are made of the bounds in pyproject.toml."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".ci" / "oldest.py"


def printed(script):
    """Return what the script prints, as {name: line}."""
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return {Requirement(line).name: line for line in done.stdout.splitlines()}


def test_every_bound_becomes_a_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = printed(SCRIPT)
    for extra in (
        "dependencies",
        "notebooks",
        "cluster",
        "compression",
        "node",
        "tracking",
        "test",
    ):
        listed = project.get(extra) or project["optional-dependencies"][extra]
        for requirement in map(Requirement, listed):
            if requirement.name != "zmqlab":
                (version,) = Requirement(lines[requirement.name]).specifier
                assert version.operator == "=="
                assert f">={version.version}" in str(requirement.specifier).split(",")


@pytest.fixture
def copy(tmp_path):
    """The script beside a pyproject.toml of its own."""
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "oldest.py"
    script.write_text(SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")

    def write(*dependencies):
        empty = "notebooks = []\ncluster = []\ncompression = []\nnode = []\ntracking = []\n"
        empty += "test = ['zmqlab[notebooks]']\n"
        text = f"[project]\nname = 'zmqlab'\ndependencies = {list(dependencies)}\n"
        text += f"[project.optional-dependencies]\n{empty}"
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
        return script

    return write


def test_extras_go_and_markers_stay(copy):
    lines = printed(copy("one[full]>=1.2,!=1.3.*,<2", "two>=3; sys_platform == 'win32'"))
    assert list(lines.values()) == ["one==1.2", 'two==3 ; sys_platform == "win32"']


@pytest.mark.parametrize("requirement", ["one", "one<3", "one==1.2", "one>1"])
def test_a_requirement_without_a_lower_bound_is_refused(copy, requirement):
    with pytest.raises(AssertionError, match=r"needs one lower bound, like >=1\.2"):
        printed(copy(requirement))
