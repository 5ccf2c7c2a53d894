"""The recordings of notebook 06: in a folder of its own, and deleted only when you say so."""

from pathlib import Path

FOLDER = Path("recordings", "notebook-06")
_made: list[Path] = []


def fresh(name):
    """Return the path of a recording to be made. The one of an earlier run gives way to it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.h5"
    try:
        path.unlink(missing_ok=True)
    except PermissionError:  # Windows keeps what a program has open
        print(f"A program of an earlier run still has {path} open: zmqlab.stop_all() ends it.")
        raise
    if path not in _made:
        _made.append(path)
    return path


def tidy(delete):
    """Say how much the recordings of this notebook take; delete them if asked, nothing else."""
    left = [path for path in _made if path.exists()]
    size = sum(path.stat().st_size for path in left) / 1e6
    names = ", ".join(path.name for path in left)
    if not left:
        print(f"This notebook has left no recording in {FOLDER}.")
    elif delete:
        try:
            for path in left:
                path.unlink()
        except PermissionError as error:  # Windows keeps what a program has open
            print(f"A program still has {error.filename} open: zmqlab.stop_all() ends it.")
            raise
        print(f"Deleted from {FOLDER}: {names} ({size:.0f} MB).")
    else:
        print(f"This notebook has left {size:.0f} MB in {FOLDER}: {names}.")
        print("tidy(delete=True) deletes them, and nothing else.")
