"""A server of tornado's that bounds what each browser may take of it, and all together."""

import socket

import tornado.httpserver
import tornado.web
from tornado.websocket import WebSocketHandler

MOST = 200  # connections: far below the 1,024 files that most systems give a program
_LIMITS = {
    "max_header_size": 16 << 10,  # bytes
    "max_body_size": 4 << 10,  # nobody sends any
    "body_timeout": 5,  # seconds
    "idle_connection_timeout": 10,  # seconds, until a request is there
}


def serve(
    application: tornado.web.Application,
    listening: list[socket.socket],
    max_buffer_size: int = 128 << 10,
) -> None:
    """Answer whoever connects to sockets that listen, in the loop that runs."""
    server = _Server(application, max_buffer_size=max_buffer_size, **_LIMITS)
    server.add_sockets(listening)


class _Server(tornado.httpserver.HTTPServer):
    """Takes in so many connections. Whoever comes then takes the place of the oldest stranger."""

    def initialize(self, *args, **kwargs):
        super().initialize(*args, **kwargs)
        self.streams = []

    def handle_stream(self, stream, address):
        self.streams = [each for each in self.streams if not each.closed()]
        if len(self.streams) >= MOST:
            strangers = (each for each in self.streams if not hasattr(each, "known"))
            next(strangers, stream).close()
        if not stream.closed():
            self.streams.append(stream)
            super().handle_stream(stream, address)


class KnownSocket(WebSocketHandler):
    """The websocket of a page that knew the token."""

    def prepare(self):
        self.request.connection.stream.known = True

    def open(self):
        self.set_nodelay(True)
