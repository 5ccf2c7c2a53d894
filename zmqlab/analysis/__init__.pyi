from .frames import check_frame as check_frame
from .fringes import Fringes as Fringes
from .fringes import measure_fringes as measure_fringes
from .spectra import Peak as Peak
from .spectra import find_peaks as find_peaks
from .spectra import frequencies as frequencies
from .spectra import log_spectrum as log_spectrum
from .spectra import spectrum as spectrum
