# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's side of a shared address. `share_talk.py NAME ...` exits 0 when all went as it must.

  services PORT [PORT]    echo over TCP and UDP, over UDP on other ports too. Until it is ended
  hold HOST PORT          one connection: for each line read, an exchange over it, then "ok"
  tcp HOST PORT NUMBER    so many connections one after the other, an exchange each
  udp HOST PORT SIZE      a datagram there and back
  refused HOST PORT       nobody listens, over TCP nor over UDP, and that is said at once
  broadcast ADDRESS       a datagram from here to everybody's port 68, which one host answers
"""

import selectors
import socket
import sys

PATIENCE_S = 20


def dial(host, port, kind=socket.SOCK_STREAM):
    sock = socket.socket(socket.AF_INET, kind)
    sock.settimeout(PATIENCE_S)
    sock.connect((host, int(port)))
    return sock


def exchange(sock, size=3000):
    data = bytes(i * 7 & 0xff for i in range(size))
    sock.sendall(data)
    back = b""
    while len(back) < size:
        piece = sock.recv(65536)
        if not piece:
            raise EOFError(f"the end after {len(back)} bytes")
        back += piece
    assert back == data


def datagram_socket(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.bind(("", port))
    return sock


def services(port, *others):
    listener = socket.create_server(("", int(port)), backlog=512)
    datagrams = [datagram_socket(int(p)) for p in (port, *others)]
    ready = selectors.DefaultSelector()
    for sock in [listener, *datagrams]:
        ready.register(sock, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in ready.select():
            sock = key.fileobj
            if sock is listener:
                ready.register(sock.accept()[0], selectors.EVENT_READ)
            elif sock in datagrams:
                data, peer = sock.recvfrom(65536)
                sock.sendto(data, peer)
            else:
                serve(ready, sock)


def serve(ready, sock):
    try:
        data = sock.recv(65536)
        sock.sendall(data)
    except ConnectionError:
        data = b""
    if not data:
        ready.unregister(sock)
        sock.close()


def hold(host, port):
    with dial(host, port) as sock:
        print("ok", flush=True)
        for _ in sys.stdin:
            exchange(sock)
            print("ok", flush=True)


def tcp(host, port, number):
    for _ in range(int(number)):
        with dial(host, port) as sock:
            exchange(sock)


def udp(host, port, size):
    with dial(host, port, socket.SOCK_DGRAM) as sock:
        sock.send(bytes(int(size)))
        assert sock.recv(65536) == bytes(int(size))


def refused(host, port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            with dial(host, port, kind) as sock:
                sock.send(b"anybody?")
                sock.recv(1)
        except ConnectionRefusedError:
            continue
        raise AssertionError(f"{kind} was not refused")


def broadcast(address):
    with datagram_socket(0) as sock:
        sock.settimeout(PATIENCE_S)
        sock.sendto(b"who is there?", (address, 68))
        assert sock.recv(100) == b"who is there?"


NAMES = {f.__name__: f for f in (services, hold, tcp, udp, refused, broadcast)}
NAMES[sys.argv[1]](*sys.argv[2:])
