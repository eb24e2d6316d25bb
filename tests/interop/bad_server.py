# SPDX-License-Identifier: BSD-3-Clause
"""An HTTP server that misbehaves as it is told: the first part of the path says how. It speaks to sockets itself, so that it
can send what no server library would."""

import re
import socket
import struct
import sys
import threading
import time

BODY = b"".join(b"%07d\n" % i for i in range(12500))  # 100 000 bytes
HEAD = b"HTTP/1.1 200 OK\r\n"
tries = {}


def reply(headers, body, status=b"200 OK"):
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n%b" % (status, len(body), headers, body)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def no_http(c, _):
    c.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")


def no_reply(_c, _):
    pass


def cut_head(c, _):
    c.sendall(HEAD + b"Content-Le")


def short(c, _):
    c.sendall(HEAD + b"Content-Length: 200000\r\n\r\n" + BODY)


def short_chunks(c, _):
    c.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n186A0\r\n" + BODY + b"\r\n")


def long(c, _):
    c.sendall(HEAD + b"Content-Length: 100000\r\n\r\n" + BODY + b"and more")
    time.sleep(1)


def endless(c, _):
    c.sendall(HEAD)
    while True:
        c.sendall(b"X-Header: there is no end to this\r\n" * 100)


def reset_in_body(c, _):
    c.sendall(HEAD + b"Content-Length: 200000\r\n\r\n" + BODY)
    time.sleep(0.5)
    reset(c)


def reset_at_once(c, _):
    reset(c)


def silent(_c, _):
    time.sleep(30)


def stalls(c, _):
    c.sendall(HEAD + b"Content-Length: 200000\r\n\r\n" + BODY)
    time.sleep(30)


def two_lengths(c, _):
    c.sendall(HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello")


def bad_chunk(c, _):
    c.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nno number\r\n")


def flaky(c, request):
    count = tries[request] = tries.get(request, 0) + 1
    c.sendall(reply(b"", b"later", b"503 Unavailable") if count < 3 else reply(b"", BODY))


def missing(c, _):
    c.sendall(reply(b"", b"not here", b"404 Not Found"))


def echo(c, request):
    c.sendall(reply(b"Content-Type: text/plain\r\n", request))


def loop(c, _):
    c.sendall(reply(b"Location: /loop\r\n", b"round", b"302 Found"))


def hop(c, request):
    """/hop/STATUS: to /echo/STATUS."""
    status = re.search(rb" /hop/(\d+)", request).group(1)
    c.sendall(reply(b"Location: ../echo/%b?a b\r\n" % status, b"elsewhere", status + b" Moved"))


def away(c, _):
    c.sendall(reply(b"Location: http://other.test:8003/echo\r\n", b"", b"301 Moved"))


def to_https(c, _):
    c.sendall(reply(b"Location: https://other.test/\r\n", b"", b"301 Moved"))


def named(c, _):
    c.sendall(reply(b'Content-Disposition: attachment; filename="../../named here.txt"\r\n', BODY))


def interim(c, _):
    c.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + reply(b"X-Last: yes\r\n", BODY))


def no_ranges(c, _):
    c.sendall(reply(b"", BODY))


def wrong_range(c, _):
    c.sendall(reply(b"Content-Range: bytes 7-99999/100000\r\n", BODY[7:], b"206 Partial"))


def no_content(c, _):
    c.sendall(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")


def slow(c, _):
    """A body that takes seven seconds."""
    c.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    for at in range(0, 100000, 1000):
        c.sendall(BODY[at:at + 1000])
        time.sleep(0.07)


def read_request(connection):
    request = b""
    while b"\r\n\r\n" not in request:
        data = connection.recv(65536)
        if not data:
            return request
        request += data
    length = re.search(rb"(?i)content-length: (\d+)", request)
    body = request.index(b"\r\n\r\n") + 4
    while length and len(request) < body + int(length.group(1)):
        request += connection.recv(65536)
    return request


def serve(connection):
    with connection:
        request = read_request(connection)
        name = re.match(rb"\w+ /(\w+)", request)
        try:
            if name:
                globals()[name.group(1).decode()](connection, request)
        except OSError:
            pass


def main():
    listener = socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=64)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


main()
