"""A short film for notebook 02: what a video file holds, a camera server can serve."""

import cv2

from zmqlab import open_camera


def write_film(path, frames=60):
    """Write two seconds of the simulated camera, its fringes nearly level, to an AVI file."""
    with open_camera("simulated", paced=False, fringe_angle=100) as camera:
        height, width = camera.shape[:2]
        motion_jpeg = cv2.VideoWriter_fourcc(*"MJPG")
        writer = cv2.VideoWriter(str(path), motion_jpeg, camera.fps, (width, height))
        for _ in range(frames):
            writer.write(camera.read())
        writer.release()
