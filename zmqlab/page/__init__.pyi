from .figures import drawing as drawing
from .figures import show_frame as show_frame
from .figures import show_spectrum as show_spectrum
from .live_view import live as live
from .panels import panel as panel
from .timeline import timeline as timeline
from .web_frame import show_page as show_page
