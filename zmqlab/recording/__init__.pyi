from .recorder import Recorder as Recorder
from .recorder import RecordingError as RecordingError
from .recorder import open_recording as open_recording
from .recorder import stretch as stretch
