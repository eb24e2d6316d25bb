# SPDX-License-Identifier: BSD-3-Clause
"""Clients on the kernel's side, as they are in the wild. `clients.py HOST NAME [NUMBER]` exits 0 when all went as it must.

  row N     N connections one after the other, a request and its echo each
  once N    N open at the same time, then a request and its echo on each
  half      sends, shuts its direction down, and still gets everything back
  abort     resets in the middle of an answer without end, and is let go
  window    reads nothing for three seconds, then every byte
  bytes     sends a byte at a time, Nagle off
  large     16 MiB there and back
  daytime   the other end closes first
  refused   nobody listens
"""

import selectors
import socket
import struct
import sys
import threading
import time

ECHO, DISCARD, DAYTIME, CHARGEN, NOBODY = 7, 9, 13, 19, 11


def dial(host, port, **options):
    sock = socket.socket()
    sock.settimeout(30)
    for name, value in options.items():
        sock.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    sock.connect((host, port))
    return sock


def read_exactly(sock, length):
    data = bytearray()
    while len(data) < length:
        piece = sock.recv(min(65536, length - len(data)))
        if not piece:
            raise EOFError(f"the end after {len(data)} of {length} bytes")
        data += piece
    return bytes(data)


def pattern(start, length):
    return bytes((i * 7 + (i >> 8)) & 0xff for i in range(start, start + length))


def row(host, number):
    for i in range(number):
        with dial(host, ECHO) as sock:
            request = b"%064d" % i
            sock.sendall(request)
            assert read_exactly(sock, 64) == request, i


def once(host, number):
    socks = [socket.socket() for _ in range(number)]
    waiting = selectors.DefaultSelector()
    for sock in socks:
        sock.setblocking(False)
        sock.connect_ex((host, ECHO))
        waiting.register(sock, selectors.EVENT_WRITE)
    left = number
    while left:
        ready = waiting.select(30)
        assert ready, f"{left} not connected"
        for key, _ in ready:
            assert key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
            waiting.unregister(key.fileobj)
            left -= 1
    for i, sock in enumerate(socks):
        sock.settimeout(30)
        sock.sendall(b"%064d" % i)
    for i, sock in enumerate(socks):
        assert read_exactly(sock, 64) == b"%064d" % i, i
        sock.close()


def half(host, _):
    with dial(host, ECHO) as sock:
        sent = pattern(0, 200000)
        writer = threading.Thread(target=lambda: (sock.sendall(sent), sock.shutdown(socket.SHUT_WR)))
        writer.start()
        assert read_exactly(sock, len(sent)) == sent
        writer.join()
        assert sock.recv(1) == b""


def abort(host, _):
    for _ in range(20):
        sock = dial(host, CHARGEN)
        read_exactly(sock, 10000)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()


def window(host, _):
    with dial(host, CHARGEN, SO_RCVBUF=8192) as sock:
        time.sleep(3)
        length = 2000000
        assert read_exactly(sock, length) == pattern(0, length)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def one_by_one(host, _):
    with dial(host, ECHO) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(2000):
            sock.sendall(bytes([i & 0xff]))
        assert read_exactly(sock, 2000) == bytes(i & 0xff for i in range(2000))


def large(host, _):
    with dial(host, ECHO) as sock:
        sent = pattern(0, 1 << 20) * 16
        writer = threading.Thread(target=lambda: (sock.sendall(sent), sock.shutdown(socket.SHUT_WR)))
        writer.start()
        assert read_exactly(sock, len(sent)) == sent
        writer.join()


def daytime(host, _):
    with dial(host, DAYTIME) as sock:
        assert sock.recv(1000).endswith(b"\r\n")
        assert sock.recv(1) == b""


def refused(host, _):
    try:
        dial(host, NOBODY)
    except ConnectionRefusedError:
        return
    raise AssertionError("not refused")


CLIENTS = {"row": row, "once": once, "half": half, "abort": abort, "window": window, "bytes": one_by_one,
           "large": large, "daytime": daytime, "refused": refused}

if __name__ == "__main__":
    CLIENTS[sys.argv[2]](sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 0)
