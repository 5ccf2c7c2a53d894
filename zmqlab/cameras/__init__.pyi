from .base import Camera as Camera
from .base import CameraError as CameraError
from .base import EndOfVideo as EndOfVideo
from .opening import open_camera as open_camera
