"""The project's address has one open place, the name of its owner, which a script fills in."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = ["README.md", "pyproject.toml", "CITATION.cff"]
ADDRESSES = re.compile(r"https://(?:github\.com|mybinder\.org/v2/gh)/([\w-]+)/zmqlab")


@pytest.fixture
def project(tmp_path):
    """A copy of the files that have an address, and of the script."""
    for file in [*FILES, ".ci/set_owner.py"]:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def text_of(project):
    return {file: (project / file).read_text(encoding="utf-8") for file in FILES}


def set_owner(project, *arguments):
    command = [sys.executable, project / ".ci" / "set_owner.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def owners(texts):
    return {owner for text in texts.values() for owner in ADDRESSES.findall(text)}


def test_all_addresses_have_one_owner():
    texts = text_of(ROOT)
    assert len(owners(texts)) == 1
    assert all(ADDRESSES.search(text) for text in texts.values())
    assert len(ADDRESSES.findall(texts["README.md"])) == 2  # to clone, and Binder's


def test_readme_says_what_does_not_work_without_an_address():
    text = text_of(ROOT)["README.md"]
    assert ("once the project has an address" in text) == ("/OWNER/" in text)


@pytest.mark.skipif("/OWNER/" not in text_of(ROOT)["README.md"], reason="the owner has been set")
def test_the_script_fills_the_owner_in_everywhere(project):
    before = text_of(project)
    done = set_owner(project, "a-lab")
    assert done.returncode == 0, done.stderr
    after = text_of(project)
    assert owners(after) == {"a-lab"}
    assert "OWNER" not in "".join(after.values())
    assert "has an address" not in after["README.md"]
    for file in ("pyproject.toml", "CITATION.cff"):
        assert after[file] == before[file].replace("OWNER", "a-lab")
    assert set_owner(project, "another").returncode != 0
    assert text_of(project) == after


@pytest.mark.parametrize("arguments", [[], ["two", "names"], ["a/b"], ["-a"], [""]])
def test_what_is_no_name_changes_nothing(project, arguments):
    before = text_of(project)
    assert set_owner(project, *arguments).returncode != 0
    assert text_of(project) == before
