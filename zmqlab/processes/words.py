"""What is known of a socket, in words: for its panel, for the network map, and for errors."""

from typing import Any

_WORDS = {
    "ACCEPTED": "somebody has connected",
    "CONNECTED": "somebody listens there",
    "HANDSHAKE_SUCCEEDED": "handshake done, a peer",
    "HANDSHAKE_FAILED_NO_DETAIL": "handshake failed",
    "HANDSHAKE_FAILED_PROTOCOL": "handshake failed, that is not ZeroMQ as it should be",
    "HANDSHAKE_FAILED_AUTH": "handshake failed, not allowed in",
    "DISCONNECTED": "disconnected",
    "CONNECT_RETRIED": "nobody answers there, tries again",
}
_OUTCOMES = ("HANDSHAKE_SUCCEEDED", "HANDSHAKE_FAILED_PROTOCOL", "HANDSHAKE_FAILED_AUTH")


def facts_of(socket: dict[str, Any]) -> list[str]:
    """Return what a socket is, and where."""
    facts = ["a socket that is not observed" if socket["type"] == "?" else socket["type"]]
    facts += [f"bound to {each}" for each in socket["bound"]]
    facts += [f"connects to {each}" for each in socket["connected"]]
    if socket["type"] == "SUB":
        topics = socket["options"].get("SUBSCRIBE", [])
        facts += [f"subscribed to {', '.join(map(repr, topics))}" if topics else "no subscription"]
    return facts


def line_of(socket: dict[str, Any]) -> str:
    """Return what a socket is, where, with how many peers, and what happened last."""
    facts = facts_of(socket)
    if socket["peers"] is not None:
        facts += [{0: "no peer", 1: "1 peer"}.get(socket["peers"], f"{socket['peers']:,} peers")]
    if socket["sent"]:
        facts += [f"in {socket['received']['messages']:,} out {socket['sent']['messages']:,}"]
    return " · ".join(facts + [f"last: {words}" for _, words in story_of(socket)[-1:]])


def story_of(socket: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the last events of a socket in order, each as its name and in words."""
    story: list[tuple[str, str]] = []
    strangers, last = set(), ""
    for each in socket["events"]:
        name, connection = each["event"], (each["endpoint"], each["local"], each["peer"])
        words = _WORDS.get(name, name)
        if name in ("ACCEPTED", "CONNECTED"):
            strangers.add(connection)
        elif name in _OUTCOMES:
            strangers.discard(connection)
        elif name == "DISCONNECTED" and connection in strangers:
            words = "disconnected, no handshake: wrong kind of socket?"
        elif name == "CONNECT_RETRIED" and last == "DISCONNECTED":
            words = "tries again"
        story.append((name, words))
        last = name
    return story
