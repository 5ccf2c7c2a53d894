"""What notebook 17 looks at and draws: short functions, to be opened and read."""

import time

import cv2
import numpy as np
from IPython.display import clear_output

from zmqlab import (
    GREY,
    Detector,
    Tracks,
    camera_publisher,
    detect_beads,
    drawing,
    mean_squared_displacement,
    open_camera,
    start,
    subscribe,
)

ORANGE = (0, 159, 230)  # blue, green, red

# A film of your own


def play_once(film, **options):
    """Publish a film from its beginning to its end, to one subscriber; return where."""
    options |= {"loop": False, "wait_for": 1, "process_name": "film, once"}
    return start(camera_publisher, film, **options).endpoint


def find_once(film, diameter):
    """Find the beads of a film, once and in each frame, for one linker; return where.

    Each waits for the next one in the chain, and the film for all of them.
    """
    frames_at = play_once(film, drop=False)
    options = {"diameter": diameter, "wait_for": 1, "timeout": 60}
    options["process_name"] = "detector of the film"
    return start(detect_beads, connect=frames_at, **options).endpoint


# One frame (section 1)


def collect(endpoint, count, every):
    """Return so many frames of a stream, in grey, one in `every`; and the last one as it came."""
    with subscribe(endpoint) as stream:
        for number in range(count * every):
            frame = stream.read()
            if number % every == 0:
                yield cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)


def ringed(frame, positions):
    """Return a grey frame in colour, with a ring around each position."""
    drawn = cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)
    for x, y in np.rint(positions).astype(int):
        cv2.circle(drawn, (int(x), int(y)), 14, ORANGE, 2, cv2.LINE_AA)
    return drawn


# The result, growing (section 2)


def grow(endpoint, truth, seconds):
    """Draw D as it comes from the linker, once a second; return its last header, and all tracks.

    The tracks have a row for each position: frame number, bead, x and y.
    """
    growth, rows, drawn, header = [], [], 0.0, {}
    with subscribe(endpoint, "tracks", hwm=1000, timeout=30) as stream:
        begin = time.monotonic()
        for tracks in stream:
            header = stream.header
            if "collecting" in header:
                begin = time.monotonic()
                continue
            number = header["frame_number"]
            rows.append(np.insert(tracks, 0, number, axis=1))
            if "diffusion" in header:
                growth.append((number, header["diffusion"], header["error"]))
            if growth and time.monotonic() > drawn + 1:
                drawn = time.monotonic()
                clear_output(wait=True)
                draw_growth(growth, truth)
            if time.monotonic() > begin + seconds:
                break
    return header, np.concatenate(rows)


def draw_growth(growth, truth):
    """Draw D with its error against the number of the frame, beside the true one if it is known."""
    number, found, error = np.transpose(growth)
    words = f"D over {len(growth)} frames, now {found[-1]:.3f} ± {error[-1]:.3f} µm²/s"
    with drawing(words, height=2.8) as axes:
        axes.fill_between(number, found - 2 * error, found + 2 * error, alpha=0.25, linewidth=0)
        axes.plot(number, found, label="D, and twice its standard error")
        if truth:
            axes.axhline(truth, color=GREY, linestyle="--", label="the truth")
            axes.set_ylim(0.6 * truth, 1.4 * truth)
        axes.set(xlabel="number of the frame", ylabel="D (µm²/s)", title=words)
        axes.legend()


# Films with a known truth (section 3)


def tracked(frames=160, **settings):
    """Film, find and link beads, as fast as it goes; return the result and the tracks."""
    detector, tracks, rows = Detector(), Tracks(30, 0.08), []
    with open_camera("simulated", paced=False, seed=7, **settings) as camera:
        found = [each for n in range(frames) for each in detector.add(n, camera.read())]
    for number, positions in [*found, *detector.finish()]:
        names = tracks.add(number, positions, (480, 640))
        rows.append(np.column_stack([np.full(len(names), number), names, positions]))
    return tracks.diffusion(), np.concatenate(rows)


def along_axes(tracks, least=20):
    """Return the positions (µm) along x, and along y, of each bead with at least so many."""
    names, counts = np.unique(tracks[tracks[:, 1] >= 0, 1], return_counts=True)
    for name in names[counts >= least]:
        yield from tracks[tracks[:, 1] == name, 2:].T * 0.08


def draw_lags(films, truth):
    """Draw the mean squared displacement over 4 times the lag: level, if it told D at each lag."""
    lines = {}
    for name, tracks in films.items():
        seconds, squared = mean_squared_displacement(tracks, 30, 0.08, lags=10)
        lines[name] = 1000 * seconds, squared / 4 / seconds
    words = "MSD / 4 t in µm²/s at the first and at the tenth lag; " + "; ".join(
        f"{name}: {found[0]:.3f} and {found[-1]:.3f}" for name, (_, found) in lines.items()
    )
    with drawing(words, height=3.2) as axes:
        for (name, line), marker in zip(lines.items(), "os^"):
            axes.plot(*line, marker=marker, label=name)
        axes.axhline(truth, color=GREY, linestyle="--", label="the truth")
        axes.set(xlabel="lag t (ms)", ylabel="MSD / 4 t (µm²/s)", ylim=(0.8 * truth, 1.15 * truth))
        axes.legend()
