"""What is calculated from frames: their spectrum and its fringes; beads, and how they wander."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "frames": ["check_frame"],
        "particles": ["Detector", "TrackingError", "find_beads"],
        "diffusion": ["Diffusion", "Tracks", "bead_diameter", "mean_squared_displacement"],
        "spectra": ["Peak", "find_peaks", "frequencies", "log_spectrum", "spectrum"],
    },
)
