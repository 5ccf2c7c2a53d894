"""What is calculated from frames: their spectrum, and the fringes to be found in it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "frames": ["check_frame"],
        "fringes": ["Fringes", "measure_fringes"],
        "spectra": ["Peak", "find_peaks", "frequencies", "log_spectrum", "spectrum"],
    },
)
