"""Solutions of the exercises."""

import zmq
from zmq.utils import z85


def give_keys(server, client):
    public, secret = zmq.curve_keypair()
    server.curve_server = True
    server.curve_publickey, server.curve_secretkey = public, secret
    client.curve_serverkey = public
    client.curve_publickey, client.curve_secretkey = zmq.curve_keypair()


def decide(request, clients):
    version, number, domain, address, identity, mechanism, *credentials = request
    name = None
    if mechanism == b"CURVE":
        name = clients.get(z85.encode(credentials[0]))
    if name is None:
        return [version, number, b"400", b"unknown key", b"", b""]
    return [version, number, b"200", b"OK", name.encode(), b""]
