"""Films of beads, and what trackpy's own way makes of them."""

import cv2
import numpy as np
import trackpy

from zmqlab.cameras import open_camera


def write(path, frames):
    """Write a film, or a folder of pictures."""
    if path.suffix:
        film = cv2.VideoWriter(
            str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, frames[0].shape[1::-1]
        )
        for frame in frames:
            film.write(frame)
        film.release()
        return
    path.mkdir()
    for number, frame in enumerate(frames):
        cv2.imwrite(str(path / f"{number}.png"), frame)


def by_trackpy(path):
    """Return D as trackpy's users calculate it: the slope of the mean squared displacement."""
    with open_camera(path, paced=False, loop=False) as film:
        grey = np.array([cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in film])
    background = np.median(grey[:: len(grey) // 50], axis=0).astype(np.uint8)
    # trackpy looks for what is bright: here, whatever is not the background.
    spots = np.array([cv2.GaussianBlur(cv2.absdiff(each, background), (0, 0), 3) for each in grey])
    trackpy.quiet()
    found = trackpy.batch(spots, 21, processes=1)
    tracks = trackpy.filter_stubs(trackpy.link(found, 12, memory=3), 20)
    displaced = trackpy.emsd(tracks, 0.08, 30, max_lagtime=5)
    return np.polyfit(displaced.index, displaced, 1)[0] / 4
