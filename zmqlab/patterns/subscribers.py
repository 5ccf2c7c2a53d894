"""Who has subscribed: what an XPUB socket is told."""

import zmq


class Subscriptions:
    """The subscriptions; `socket.xpub_verboser` must be set."""

    def hear(self, news: zmq.Frame) -> tuple[int, bytes]:
        """Take in a message; return 1 or -1 and the topic, 0 for what is neither."""
        text = news.bytes
        return {b"\1": 1, b"\0": -1}.get(text[:1], 0), text[1:]

    def let_go_of_the_slow(self, topic: bytes) -> bool:
        """Disconnect nobody."""
        return False
