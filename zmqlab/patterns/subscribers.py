"""Who has subscribed: what an XPUB socket is told, and what of it is believed.

The socket hands over a byte 1 and what is subscribed to, or a byte 0 and what no longer is. Anybody
may connect and say that; so a connection counts once for a topic, and takes back only what it said
itself. When one ends, libzmq takes back for it, in messages that came by no connection.
"""

from collections import Counter

import zmq

from zmqlab.wire.guard import address_of, cut_off, file_of, took, unsent

# Bytes of all the topics of a connection. In libzmq each costs 49 times as much, and whoever leaves
# costs a look at each byte of each topic of everybody.
_MOST = 2000


class Subscriptions:
    """The subscriptions of each connection; `socket.xpub_verboser` must be set."""

    def __init__(self) -> None:
        self.who: dict[int, tuple[object, set[bytes]]] = {}  # file descriptor: address, topics
        self._late: Counter[bytes] = Counter()  # believed of nobody: their connections had ended

    def hear(self, news: zmq.Frame) -> tuple[int, bytes]:
        """Take in a message; return 1 or -1 and the topic, 0 for what is not believed."""
        file, text = file_of(news), news.bytes
        change, topic = {b"\1": 1, b"\0": -1}.get(text[:1], 0), text[1:]
        address = address_of(file)
        if file < 0 or address == "":  # of one that has ended, or that came without tcp
            if change < 0 and self._late[topic]:
                self._late -= Counter([topic])  # without those of which none is left
                return 0, topic
            return change, topic
        took([news], len(text) + 2)
        known, topics = self.who.get(file, (None, set()))
        if address is not None and address != known:
            topics = set()
            self.who[file] = address, topics
        if change < 0 and topic in topics:
            topics.remove(topic)
            return change, topic
        if change > 0 and topic not in topics and address is None:
            self._late[topic] += 1
        elif change > 0 and topic not in topics:
            topics.add(topic)
            if sum(map(len, topics)) > _MOST:
                cut_off(file, f"the topics to which it subscribed have more than {_MOST} bytes")
            return change, topic
        return 0, topic

    def let_go_of_the_slow(self, topic: bytes) -> bool:
        """Cut off those that take nothing of a topic; False if there are none, or no others."""
        there = [
            file
            for file, (address, topics) in self.who.items()
            if any(map(topic.startswith, topics)) and address_of(file) == address
        ]
        slow = [file for file in there if unsent(file)]
        if not slow or len(slow) == len(there):
            return False
        for file in slow:
            cut_off(file, "it takes no frame, and all others wait for it")
        return True
