"""The doctor finds what is there, names what is not, and says what to do."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import version

import psutil
import pytest

from zmqlab.course import health


@pytest.fixture
def run(tmp_path):
    """Run `zmqlab doctor` in its own process; return its exit code and its rows by their names."""

    def run(*before, **environment):
        done = subprocess.run(
            [*before, sys.executable, "-m", "zmqlab", "doctor"],
            cwd=tmp_path,
            env={**os.environ, "ZMQLAB_CAMERA": "simulated", **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert not done.stderr
        rows, name = {}, ""
        for line in done.stdout.splitlines():
            name = line.split(" ")[0] or name
            rows[name] = f"{rows.get(name, '')} {' '.join(line.split())}".strip()
        return done.returncode, rows

    return run


def install_metadata(folder, *requirements):
    """Put metadata of a zmqlab with these requirements into a folder of packages."""
    folder = folder / "zmqlab-9.dist-info"
    folder.mkdir()
    lines = ["Metadata-Version: 2.4", "Name: zmqlab", "Version: 9", "Provides-Extra: notebooks"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requirements]
    (folder / "METADATA").write_text("\n".join(lines) + "\n")


def test_everything_is_in_place_where_the_tests_run(run):
    code, rows = run()
    assert code == 0, rows
    names = ["python", "packages", "camera", "ports", "widgets", "proxy", "memory", "disk", "cores"]
    assert list(rows)[:9] == names
    for name in ("python", "packages", "camera", "ports", "widgets", "proxy"):
        assert rows[name].startswith(f"{name} ok "), rows[name]
    assert "simulated" in rows["camera"]
    assert version("anywidget") in rows["widgets"]
    assert version("jupyter-server-proxy") in rows["proxy"]


def test_report_in_a_notebook(capsys):
    report = health.doctor()
    assert {state for _, state, _, _ in report} <= {health.OK, health.NOTE}
    assert all(remedy for _, state, _, remedy in report if state == health.NOTE)
    assert repr(report).startswith("Everything the course needs is in place")
    notes = [check for check, state, _, _ in report if state == health.NOTE]
    assert all(check in repr(report) for check in notes)
    assert len(capsys.readouterr().out.splitlines()) >= len(report)


@pytest.mark.parametrize(
    ("requirements", "state", "finding"),
    [
        (["pyzmq>=1", "nothing-of-this-name; extra == 'test'"], "ok", "each in a version"),
        (["pyzmq>=99"], "BROKEN", f"pyzmq {version('pyzmq')} is not >=99"),
        (["no-such-package"], "BROKEN", "no-such-package is missing"),
        (["no-such-package; extra == 'notebooks'"], "BROKEN", "no-such-package is missing"),
    ],
)
def test_packages_against_their_bounds(run, tmp_path, requirements, state, finding):
    install_metadata(tmp_path, *requirements)
    code, rows = run(PYTHONPATH=str(tmp_path))
    assert rows["packages"].startswith(f"packages {state} ")
    assert finding in rows["packages"]
    assert code == (state == "BROKEN")
    assert ("-> pip install" in rows["packages"]) == (state == "BROKEN")


@pytest.mark.parametrize(("needed", "state"), [(1, "ok"), (2**62, "note")])
def test_disk_space_where_the_course_records(monkeypatch, tmp_path, needed, state):
    monkeypatch.setattr(health, "NEEDED_DISK", needed)
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    (notebooks / "00-start-here.ipynb").touch()
    monkeypatch.chdir(notebooks)
    found, finding, remedy = health.disk()
    assert found == state
    assert finding.endswith(f"GiB free in {notebooks}")
    assert bool(remedy) == (state == "note")


def test_camera_that_is_not_there(run):
    code, rows = run(ZMQLAB_CAMERA="no-such-film.avi")
    assert code == 1
    assert rows["camera"].startswith("camera BROKEN ")
    assert "no-such-film.avi" in rows["camera"]
    assert "-> Set ZMQLAB_CAMERA" in rows["camera"]
    assert rows["To"] == "To mend before you go on: camera."


def test_no_webcam_is_no_fault(run):
    code, rows = run(ZMQLAB_CAMERA="auto")
    assert code == 0
    assert rows["camera"].startswith(("camera ok ", "camera note "))


def test_loopback_that_is_closed(run):
    """In a network of its own, whose loopback interface is down, nothing passes."""
    closed = ["unshare", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*closed, "true"], check=False).returncode:
        pytest.skip("no network namespaces for this user on this system")
    code, rows = run(*closed)
    assert code == 1
    assert rows["ports"].startswith("ports BROKEN no message through tcp://127.0.0.1: none in 5 s")
    assert "firewall" in rows["ports"]


def test_no_answer_without_jupyter(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    assert health.ask_jupyter("lab") is None
    monkeypatch.setenv("JPY_PARENT_PID", "1")  # a kernel, but no server above it
    assert health.ask_jupyter("lab") is None


@pytest.mark.parametrize(
    ("limit", "used", "cache", "state"),
    [("max", 0, 0, "ok"), (2**30 + 2**20, 0, 0, "ok"), (2**30, 2**29, 0, "note"),
     (2**30, 2**29, 2**29, "ok")],
)  # fmt: skip
def test_memory_of_a_container(tmp_path, monkeypatch, limit, used, cache, state):
    if psutil.virtual_memory().available < 2**31:
        pytest.skip("needs 2 GiB of free memory to tell the container's limit from the machine's")
    monkeypatch.setattr(health, "CONTAINER", tmp_path)
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    (tmp_path / "memory.current").write_text(f"{used}\n")
    (tmp_path / "memory.stat").write_text(f"anon 7\ninactive_file {cache}\n")
    found, finding, remedy = health.memory()
    assert found == state
    assert bool(remedy) == (state == "note")
    if limit != "max":
        assert finding == f"{(limit - used + cache) / 2**30:.1f} GiB free"
