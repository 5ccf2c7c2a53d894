"""What the servers behind views in the page have in common: a port, and who may use it.

jupyter-server-proxy carries what travels, so it does not wait for the cells of the kernel.
"""

from typing import Any

import tornado.netutil
import tornado.web

from zmqlab.patterns.http_server import KnownSocket, serve


def serve_pages(token: str, longest: int, handlers: dict[str, type], **options: Any) -> int:
    """Serve pages that know the token, in the loop that runs; return the port.

    Parameters
    ----------
    token : str
        The key: the port is open to every user of this computer, and whoever asks the proxy has a
        Jupyter login but not the token.
    longest : int
        Bytes of a message from a page.
    handlers : dict
        By the last part of their address.
    options
        What each handler's `initialize` takes.
    """
    application = tornado.web.Application(
        [(rf"/{token}/{name}", handler, options) for name, handler in handlers.items()],
        websocket_max_message_size=longest,
    )
    listening = tornado.netutil.bind_sockets(0, "127.0.0.1")
    serve(application, listening, max(2 * longest, 128 << 10))
    return listening[0].getsockname()[1]


class PageSocket(KnownSocket):
    """The websocket of one page."""

    def check_origin(self, origin):
        return True  # who knows the token was given it by the kernel, in the page
