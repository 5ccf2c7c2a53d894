"""Solutions of the exercises."""

import zmq
import zmq.asyncio


def radio(endpoint, stop):
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"")
        socket.connect(endpoint)
        heard = []
        while not stop.is_set():
            if not socket.poll(100):
                continue
            parts = socket.recv_multipart()
            if parts == [b"stop"]:
                break
            if len(parts) == 2:
                heard.append(parts[1])
        return heard


def why_silent(socket):
    events = [each["event"] for each in socket["events"]]
    sent, received = socket["sent"]["messages"], socket["received"]["messages"]
    if not socket["peers"]:
        began = [n for n, event in enumerate(events) if event in ("CONNECTED", "ACCEPTED")]
        if not began:
            return "nobody there"
        return "gone" if "HANDSHAKE_SUCCEEDED" in events[began[-1] :] else "wrong kind"
    if socket["type"] == "SUB" and not socket["options"]["SUBSCRIBE"]:
        return "no subscription"
    if socket["type"] == "REQ" and sent == received:
        return "own turn"
    if socket["type"] == "REP" and received > sent:
        return "own turn"
    return "peer silent"
