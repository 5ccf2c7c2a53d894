"""The workflow of the public CI is sound and tests what is promised; so is CITATION.cff."""

import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "tests.yml"
ZIZMOR = Path(sysconfig.get_path("scripts")) / "zizmor"  # a program, not a module


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def lint(path):
    """Look for faults and risks, without asking anybody on the network."""
    command = [ZIZMOR, "--offline", "--strict-collection", "--no-progress", path]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_linter_finds_nothing():
    done = lint(WORKFLOW)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.everything
@pytest.mark.parametrize("addition", ["", "surprise: 1\n"])
def test_the_citation_fits_its_schema(addition, tmp_path):
    path = tmp_path / "CITATION.cff"
    path.write_text((ROOT / path.name).read_text(encoding="utf-8") + addition, encoding="utf-8")
    schema = ["--builtin-schema", "vendor.citation-file-format"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode == 0) == (addition == ""), done.stdout + done.stderr


def test_every_system_with_every_python(workflow):
    matrix = workflow["jobs"]["module"]["strategy"]["matrix"]
    assert [name.partition("-")[0] for name in matrix["os"]] == ["ubuntu", "macos", "windows"]
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert requires["requires-python"] == f">={matrix['python'][0]}"
    minors = [int(version.removeprefix("3.")) for version in matrix["python"]]
    assert minors == list(range(11, 15))


def test_every_test_runs_somewhere_each_week(workflow):
    # YAML 1.1 reads the key `on` as true.
    assert re.fullmatch(r"\d+ \d+ \* \* \d", workflow[True]["schedule"][0]["cron"])
    jobs = workflow["jobs"]
    assert "python -m pytest" in commands(jobs["module"])
    assert "python -m pytest --everything" in commands(jobs["everything"])


def test_the_oldest_dependencies_are_those_of_the_bounds(workflow):
    job = workflow["jobs"]["oldest"]
    assert commands(job)[1:3] == [
        "python .ci/oldest.py > oldest.txt",
        'python -m pip install -e ".[test]" -c oldest.txt',
    ]
    python = next(step["with"] for step in job["steps"] if "setup-python" in step.get("uses", ""))
    assert python["python-version"] == workflow["jobs"]["module"]["strategy"]["matrix"]["python"][0]


def test_every_job_ends(workflow):
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())
