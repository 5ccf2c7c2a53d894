"""The figures of notebooks 03 and 04. `drawing` has the course's style; nothing here measures."""

import cv2
import numpy as np
from matplotlib import rcParams

from zmqlab import drawing, log_spectrum


def draw_order(words, *panels, killed_at=None):
    """Draw in which place each result arrived; a panel: a title, pairs of number and worker."""
    with drawing(words, 5 if len(panels) == 1 else 8.6, 3.6, columns=len(panels)) as columns:
        for axes, (title, arrivals) in zip(np.ravel(columns), panels):
            names = sorted({name for _, name in arrivals})
            for name, marker in zip(names, "osv^"):
                mine = [(n, place) for place, (n, who) in enumerate(arrivals) if who == name]
                axes.plot(*zip(*mine), marker, markersize=4, label=f"{name}: {len(mine)}")
            axes.axline((0, 0), slope=1, color=rcParams["text.color"], linewidth=0.8)
            axes.set(xlabel="number of the frame", ylabel="place in which its result arrived")
            axes.set_title(title)
            if killed_at is not None:
                axes.axvline(killed_at, color=rcParams["text.color"], linestyle=":")
            axes.legend()


def draw_shares(shares):
    """Draw how many tasks each worker did; `shares` holds a dict of them for each way."""
    words = "tasks done by the early and by the late worker: " + "; ".join(
        f"{way}: {done['early']} and {done['late']}" for way, done in shares.items()
    )
    with drawing(words, 7, 2.6) as axes:
        before = np.zeros(len(shares))
        for name in ("early", "late"):
            done = [share[name] for share in shares.values()]
            bars = axes.barh(range(len(shares)), done, left=before, label=f"{name} worker")
            axes.bar_label(bars, [n or "" for n in done], label_type="center", color="white")
            before += done
        axes.set(yticks=range(len(shares)), yticklabels=shares, xlabel="tasks")
        axes.invert_yaxis()
        axes.figure.legend(loc="outside upper right", ncols=2)


def draw_memory(farms):
    """Draw the memory of each farm's ventilator and worker while it ran."""
    words = f"memory of ventilator and worker, with marks of {' and '.join(map(str, farms))}"
    with drawing(words, 7, 3.2) as axes:
        began = min(farm.memory[0][0] for farm in farms.values())
        for farm in farms.values():
            seconds = [at - began for at in farm.memory[0]]
            axes.plot(seconds, farm.memory[1], "--", label=farm.ventilator.name)
            axes.plot(seconds, farm.memory[2], "-", label=farm.worker.name)
        axes.set(xlabel="time (s)", ylabel="memory of the process (MB)", ylim=(0, None))
        axes.grid(axis="y")
        axes.figure.legend(loc="outside right center")


def draw_angles(results, angles):
    """Draw the angle of each frame, as it was set (`angles`) and as each worker measured it."""
    with drawing("measured angle of the fringes against the number of the frame", 6.4, 3) as axes:
        axes.plot(angles, color=rcParams["text.color"], linewidth=0.8, label="set")
        for name, marker in zip(np.unique(results.worker), "os"):
            numbers = np.flatnonzero(results.worker == name)
            axes.plot(numbers, results.spectra[numbers], marker, markersize=4, label=name)
        axes.set(xlabel="number of the frame", ylabel="angle of the fringes (degrees)")
        axes.legend()


def draw_transforms(theirs, ours):
    """Draw the transform over width and colour beside the one over height and width."""
    fx = np.fft.fftshift(np.fft.fftfreq(640))
    rows = np.log10(1 + abs(np.fft.fftshift(theirs[:, :, 0], axes=1)))
    plane = cv2.dilate(log_spectrum(ours, 640), np.ones((5, 5)))  # or the peaks would be too small
    words = "left, over width and colour: vertical stripes; right, over y and x: two bright points"
    with drawing(words, 8.6, 3.1, columns=2) as (left, right):
        left.imshow(rows, cmap="magma", extent=(fx[0], fx[-1], 480, 0), aspect="auto")
        left.set(xlabel="fx (cycles per pixel)", ylabel="y (pixels)", title="over width and colour")
        right.imshow(plane, cmap="magma", extent=(fx[0], fx[-1], 0.5, -0.5), aspect="auto")
        right.set(xlabel="fx (cycles per pixel)", ylabel="fy (cycles per pixel)")
        right.set_title("over y and x")


def draw_times(milliseconds):
    """Draw the time for a frame in each of several ways: a bar is the median of its rounds."""
    medians = {way: float(np.median(times)) for way, times in milliseconds.items()}
    words = "; ".join(f"{way}: {value:.2g} ms a frame" for way, value in medians.items())
    with drawing(words, 7, 2.6) as axes:
        bars = axes.barh(list(medians), list(medians.values()))
        axes.bar_label(bars, fmt="{:.2g} ms", padding=4)
        axes.set(xlabel="time for a frame (ms)")
        axes.margins(x=0.15)
        axes.invert_yaxis()


def draw_race(times, numbers, carried):
    """Draw the time for a frame against the number of workers: points are rounds, lines medians.

    `times` is what `race` returns. The loop needs no workers: all its rounds make one line.
    """
    words = "milliseconds for a frame, with the most workers of each way; " + "; ".join(
        f"{task}: "
        + ", ".join(f"{way} {1000 * np.median(each[-1]):.2g}" for way, each in ways.items())
        for task, ways in times.items()
    )
    with drawing(words, 8.6, 3.6, len(times)) as panels:
        for axes, (task, ways) in zip(panels, times.items()):
            loop = 1000 * np.median(ways["loop"])
            text = rcParams["text.color"]
            axes.axhline(loop, color=text, label="plain loop")
            upwards = [1, *numbers]
            axes.plot(upwards, loop / np.array(upwards), ":", color=text, label="ideal")
            for way, marker in [("threads", "s"), ("farm", "o"), ("Dask", "D")]:
                rounds = [1000 * np.array(each) for each in ways[way]]  # of Dask for two workers
                medians = [np.median(each) for each in rounds]
                (line,) = axes.plot(numbers[: len(rounds)], medians, marker + "-", label=way)
                for number, each in zip(numbers, rounds):
                    axes.plot([number] * len(each), each, ".", color=line.get_color(), alpha=0.4)
            axes.set(xlabel="workers", xticks=upwards, ylim=(0, None), title=task)
        panels[0].axhline(1000 * carried, color="C3", linestyle="--", label="carried, not computed")
        panels[0].set_ylabel("time for a frame (ms)")
        handles = panels[0].get_legend_handles_labels()
        axes.figure.legend(*handles, loc="outside lower center", ncols=6)
