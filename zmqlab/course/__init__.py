"""What makes it a course: exercises and their checks, the doctor, and the way in."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "checking": ["check"],
        "helps": ["hint", "reset", "solution", "use"],
        "predictions": ["predict", "recall", "reveal"],
        "health": ["doctor"],
        "open_lab": ["lab"],
    },
)
