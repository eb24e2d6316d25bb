# SPDX-License-Identifier: BSD-3-Clause
"""A server of ranges that goes wrong in the ways that matter to a file fetched in parts: the first part of the path says how.

Eight mebibytes are served by ranges, with an entity tag. They are written into the folder named last, to be compared."""

import random
import re
import socket
import struct
import sys
import threading
import time

FIRST = random.Random(1).randbytes(8 << 20)
SECOND = random.Random(2).randbytes(8 << 20)
lock = threading.Lock()
asked = {}


def count(name):
    with lock:
        asked[name] = asked.get(name, 0) + 1
        return asked[name]


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Request:
    def __init__(self, text):
        self.path = text.split()[1].decode()
        found = re.search(rb"(?i)\r\nrange: bytes=(\d+)-(\d*)", text)
        self.first = int(found.group(1)) if found else None
        self.last = int(found.group(2)) if found and found.group(2) else None
        found = re.search(rb"(?i)\r\nif-range: ([^\r]*)", text)
        self.if_range = found.group(1) if found else None


def head(status, length, fields=b""):
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\nAccept-Ranges: bytes\r\n%b\r\n" % (status, length, fields)


def answer(request, body, tag, mark=b"ETag"):
    """Head and body, as a good server has them."""
    fields = b"%b: %b\r\n" % (mark, tag) if tag else b""
    if request.first is None or request.if_range not in (None, tag):
        return head(b"200 OK", len(body), fields), body
    if request.first >= len(body):
        return head(b"416 Too Far", 0, b"Content-Range: bytes */%d\r\n" % len(body)), b""
    last = len(body) - 1 if request.last is None else min(request.last, len(body) - 1)
    part = body[request.first:last + 1]
    fields += b"Content-Range: bytes %d-%d/%d\r\n" % (request.first, last, len(body))
    return head(b"206 Partial", len(part), fields), part


def plain(c, request):
    c.sendall(b"".join(answer(request, FIRST, b'"1"')))


def changes(c, request):
    """Another file from the fourth request on."""
    version = (FIRST, b'"1"') if count("changes") < 4 else (SECOND, b'"2"')
    c.sendall(b"".join(answer(request, *version)))


def changes_again(c, request):
    """The same, without If-Range being obeyed: the tag alone tells."""
    request.if_range = None
    version = (FIRST, b'"1"') if count("again") < 4 else (SECOND, b'"2"')
    c.sendall(b"".join(answer(request, *version)))


def breaks(c, request):
    """Every second answer ends in its middle, in one way or the other."""
    top, body = answer(request, FIRST, b'"1"')
    n = count("breaks")
    if n % 2 == 1:
        c.sendall(top + body)
        return
    c.sendall(top + body[:len(body) // 3])
    if n % 4 == 0:
        time.sleep(0.2)
        reset(c)
    raise OSError


def busy(c, request):
    """One connection is served, to others it is sorry."""
    top, body = answer(request, FIRST, b'"1"')
    with lock:
        mine = asked.setdefault("owner", c) is c
    c.sendall(top + body if mine else head(b"503 Busy", 0, b"Connection: close\r\n"))
    if not mine:
        raise OSError
    time.sleep(0.1)


def dies(c, request):
    """The first part, and nothing more."""
    if request.first:
        raise OSError
    c.sendall(b"".join(answer(request, FIRST, b'"1"')))


def another_range(c, request):
    if request.first is not None:
        request.first += 1
    c.sendall(b"".join(answer(request, FIRST, b'"1"')))


def unmarked(c, request):
    c.sendall(b"".join(answer(request, FIRST, None)))


def weak(c, request):
    c.sendall(b"".join(answer(request, FIRST, b'W/"1"')))


def no_ranges(c, request):
    request.first = None
    c.sendall(b"".join(answer(request, FIRST, b'"1"')))


def slow(c, request):
    """Some seconds for the whole."""
    top, body = answer(request, FIRST, b'"1"')
    c.sendall(top)
    for at in range(0, len(body), 65536):
        c.sendall(body[at:at + 65536])
        time.sleep(0.2)


def missing(c, _):
    c.sendall(head(b"404 Not Found", 0))


def read_request(connection):
    text = b""
    while b"\r\n\r\n" not in text:
        data = connection.recv(65536)
        if not data:
            return None
        text += data
    return Request(text)


def serve(connection):
    with connection:
        try:
            while (request := read_request(connection)) is not None:
                globals()[re.match(r"/(\w+)", request.path).group(1)](connection, request)
        except OSError:
            pass


def main():
    listener = socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=64)
    with open(sys.argv[3] + "/first", "wb") as file:
        file.write(FIRST)
    with open(sys.argv[3] + "/second", "wb") as file:
        file.write(SECOND)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


main()
