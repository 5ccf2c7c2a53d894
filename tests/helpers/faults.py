"""What may befall a role from inside its computer; it runs in a process of its own."""

import itertools
import pkgutil
import time

ROOM = 4_000_000  # bytes that a file may have on a disk that is full then
FRAMES = 12  # that a camera gives until it is unplugged
HOUR = 3600.0  # seconds


def under(fault, role, *args, **kwargs):
    """Run a role, named by its module and its name, with one of the faults below."""
    FAULTS[fault]()
    pkgutil.resolve_name(role)(*args, **kwargs)


def clock_goes_back():
    """Set the clock back by an hour at each twentieth look at it: here alone, not for others."""
    real, looks = time.time, itertools.count(1)
    time.time = lambda: real() - HOUR * (next(looks) // 20)


def camera_is_unplugged():
    from zmqlab.cameras import CameraError
    from zmqlab.cameras.simulated import SimulatedCamera

    read, given = SimulatedCamera._read, itertools.count()

    def read_or_fail(camera):
        if next(given) >= FRAMES:
            raise CameraError("simulated: it gives no frame any more; is it plugged in?")
        return read(camera)

    SimulatedCamera._read = read_or_fail


def disk_is_full():
    import resource

    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))  # Python ignores SIGXFSZ


FAULTS = {
    "the clock goes back": clock_goes_back,
    "the camera is unplugged": camera_is_unplugged,
    "the disk is full": disk_is_full,
}
