from .browser_view import browser_camera as browser_camera
from .figures import drawing as drawing
from .figures import show_frame as show_frame
from .figures import show_spectrum as show_spectrum
from .figures import show_timeline as show_timeline
from .live_view import live as live
from .panels import panel as panel
from .web_frame import show_page as show_page
