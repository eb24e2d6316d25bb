#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Says to pollen-serve what no ordinary client says, byte by byte: serve_talk.py ADDR NAME. Exit code 0: it answered as it should."""

import http.client
import socket
import sys
import threading
import time

ADDR = sys.argv[1]
SMALL = b"the small file\n"


def connect(port=80, timeout=10.0):
    return socket.create_connection((ADDR, port), timeout=timeout)


def read_all(s):
    data = b""
    try:
        while part := s.recv(65536):
            data += part
    except ConnectionResetError:
        data += b"<reset>"
    return data


def say(text, port=80):
    """Send, wait for the end of the connection."""
    with connect(port) as s:
        s.sendall(text)
        return read_all(s)


def status(text):
    answer = say(text)
    return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else answer[:60]


def want(what, expected):
    if what != expected:
        sys.exit(f"{what!r}, expected {expected!r}")


def get(target=b"/small.txt", fields=b"", method=b"GET", version=b"HTTP/1.1"):
    return method + b" " + target + b" " + version + b"\r\nHost: x\r\nConnection: close\r\n" + fields + b"\r\n"


def statuses():
    for expected, text in [
        (200, get()),
        (200, get(b"http://anywhere/small.txt")),
        (200, get(b"/%73mall.txt")),
        (200, get(b"/sub/../small.txt")),
        (200, get(fields=b"Content-Length: 3\r\n") + b"abc"),
        (200, get(fields=b"Transfer-Encoding: chunked\r\n") + b"3\r\nabc\r\n0\r\n\r\n"),
        (204, get(b"*", method=b"OPTIONS")),
        (301, get(b"/sub")),
        (400, b"GET /small.txt HTTP/1.1\r\nConnection: close\r\n\r\n"),
        (400, get(fields=b"Host: y\r\n")),
        (400, get(b"/%zz")),
        (400, get(b"/%00")),
        (400, get(b"/../small.txt")),
        (400, get(b"/%2e%2e/%2e%2e/etc/passwd")),
        (400, get(b"/..%2f..%2fetc%2fpasswd")),
        (400, get(b"small.txt")),
        (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
        (403, get(b"/outside")),
        (403, get(b"/passwd")),
        (403, get(b"/secret.txt")),
        (404, get(b"/none")),
        (404, get(b"/small.txt/")),
        (405, get(method=b"POST", fields=b"Content-Length: 2\r\n") + b"ab"),
        (405, get(method=b"DELETE")),
        # Who waits to be told to send a body is told the end of it at once.
        (405, get(method=b"PUT", fields=b"Expect: 100-continue\r\nContent-Length: 5\r\n")),
        (200, get(fields=b"Expect: 100-continue\r\nContent-Length: 5\r\n")),
        (412, get(fields=b'If-Match: "none"\r\n')),
        (413, get(method=b"POST", fields=b"Content-Length: 99999999\r\n")),
        (413, get(fields=b"Transfer-Encoding: chunked\r\n") + b"200000\r\n" + b"a" * 0x200000 + b"\r\n0\r\n\r\n"),
        (414, get(b"/" + b"a" * 9000)),
        (416, get(fields=b"Range: bytes=99999-\r\n")),
        (417, get(fields=b"Expect: wonders\r\n")),
        (431, get(fields=b"X: " + b"a" * 20000 + b"\r\n")),
        (431, get(fields=b"X: a\r\n" * 101)),
        (501, get(method=b"BREW")),
        (501, get(fields=b"Transfer-Encoding: gzip, chunked\r\n")),
        (505, get(version=b"HTTP/2.0")),
    ]:
        got = status(text)
        if got != expected:
            sys.exit(f"{got!r}, expected {expected}, to {text[:70]!r}")


def smuggling():
    """Each of these might be two requests for somebody else on the way: one refusal, and the end."""
    inner = b"GET /small.txt HTTP/1.1\r\nHost: x\r\n\r\n"
    for fields, body in [
        (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"0\r\n\r\n"),
        (b"Content-Length: 4\r\nContent-Length: 5\r\n", b"abcd"),
        (b"Content-Length: 4, 4\r\n", b"abcd"),
        (b"Content-Length: +4\r\n", b"abcd"),
        (b"Content-Length: 0x4\r\n", b"abcd"),
        (b"Content-Length: 99999999999999999999\r\n", b"abcd"),
        (b"Content-Length : 4\r\n", b"abcd"),
        (b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
        (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
        (b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\n", b"x\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\n", b"-1\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\n", b"3\r\nabcd\r\n0\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\n", b"fffffffffffffffff\r\nabc"),
        (b"X: a\r\n folded\r\n", b""),
        (b"X: a\n", b""),
        (b"X: a\rb: c\r\n", b""),
        (b"X: a\0b\r\n", b""),
        (b"X y: a\r\n", b""),
    ]:
        answer = say(b"GET / HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n" + body + inner)
        if not answer.startswith(b"HTTP/1.1 400 ") or answer.count(b"HTTP/1.1 ") != 1:
            sys.exit(f"{answer[:200]!r} to {fields!r} {body!r}")


def pipeline():
    """A hundred requests at once, answered in their order, large and small."""
    ask = b"".join(b"GET /n%d HTTP/1.1\r\nHost: x\r\n\r\n" % (i % 10) for i in range(100))
    answer = say(ask + get())
    at = 0
    for i in range(100):
        head, _, rest = answer[at:].partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        want(rest[:length], b"%d" % (i % 10) * (1 + 997 * (i % 10)))
        at += len(head) + 4 + length
    want(answer[at:].endswith(b"\r\n\r\n" + SMALL), True)


def bytewise():
    """A request in pieces of one byte, with empty lines before it."""
    with connect() as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"\r\n" + get():
            s.send(bytes([byte]))
        want(read_all(s).endswith(b"\r\n\r\n" + SMALL), True)


def half_closed():
    """Who has closed its direction still gets its answers."""
    with connect() as s:
        s.sendall(b"GET /small.txt HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        s.shutdown(socket.SHUT_WR)
        want(read_all(s).count(SMALL), 2)


def http10():
    want(say(b"GET /small.txt HTTP/1.0\r\n\r\n").endswith(SMALL), True)
    with connect() as s:
        for _ in range(2):
            s.sendall(b"GET /small.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            data = b""
            while not data.endswith(SMALL):
                data += s.recv(4096)
            want(b"Connection: keep-alive" in data, True)


def keep_alive():
    c = http.client.HTTPConnection(ADDR, timeout=10)
    for _ in range(50):
        c.request("GET", "/small.txt")
        want(c.getresponse().read(), SMALL)
    first = c.sock
    c.request("HEAD", "/small.txt")
    answer = c.getresponse()
    want((answer.read(), answer.getheader("Content-Length")), (b"", str(len(SMALL))))
    c.request("GET", "/none")
    want(c.getresponse().read(), b"404 Not Found\n")
    c.request("GET", "/small.txt")
    want(c.getresponse().read(), SMALL)
    want(c.sock is first, True)


def conditions():
    def ask(**fields):
        c = http.client.HTTPConnection(ADDR, timeout=10)
        c.request("GET", "/small.txt", headers={k.replace("_", "-"): v for k, v in fields.items()})
        answer = c.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())

    _, _, head = ask()
    etag, date = head["ETag"], head["Last-Modified"]
    want(ask(If_None_Match=etag)[:2], (304, b""))
    want(ask(If_None_Match='"x", W/' + etag)[0], 304)
    want(ask(If_None_Match="*")[0], 304)
    want(ask(If_None_Match='"x"', If_Modified_Since=date)[0], 200)
    want(ask(If_Modified_Since=date)[:2], (304, b""))
    want(ask(If_Modified_Since="Sunday, 06-Nov-94 08:49:37 GMT")[0], 200)
    want(ask(If_Modified_Since="nonsense")[0], 200)
    want(ask(If_Match=etag)[0], 200)
    want(ask(If_Unmodified_Since="Sun Nov  6 08:49:37 1994")[0], 412)
    code, body, head = ask(Range="bytes=4-8")
    want((code, body, head["Content-Range"]), (206, SMALL[4:9], f"bytes 4-8/{len(SMALL)}"))
    want(ask(Range="bytes=-5")[1], SMALL[-5:])
    want(ask(Range="bytes=4-")[1], SMALL[4:])
    want(ask(Range="bytes=0-999")[:2], (206, SMALL))
    want(ask(Range="bytes=0-1,3-4")[:2], (200, SMALL))
    want(ask(Range="bytes=5-4")[0], 200)
    want(ask(Range="lines=1-2")[0], 200)
    want(ask(Range="bytes=4-8", If_Range=etag)[0], 206)
    want(ask(Range="bytes=4-8", If_Range='"x"')[:2], (200, SMALL))
    want(ask(Range="bytes=4-8", If_Range=date)[0], 206)
    code, _, head = ask(Range="bytes=15-")
    want((code, head["Content-Range"]), (416, f"bytes */{len(SMALL)}"))


def slowloris():
    """A head that never ends, a body that never comes, silence: each is ended in its time, not before."""
    begin = time.monotonic()
    with connect() as drip, connect() as body, connect() as mute:
        body.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\na")
        drip.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        while time.monotonic() - begin < 1.5:
            drip.sendall(b"X: y\r\n")
            time.sleep(0.2)
        drip_said, body_said, mute_said = read_all(drip), read_all(body), read_all(mute)
    want(drip_said[:13], b"HTTP/1.1 408 ")
    want(body_said[:13], b"HTTP/1.1 408 ")
    want(mute_said, b"")
    want(1.5 < time.monotonic() - begin < 6, True)


def slow_reader():
    """Who takes nothing is reset, and its memory given back."""
    with connect() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(get(b"/big"))
        time.sleep(4)
        want(read_all(s).endswith(b"<reset>"), True)


def idle():
    with connect() as s:
        s.sendall(b"GET /small.txt HTTP/1.1\r\nHost: x\r\n\r\n")
        begin = time.monotonic()
        want(read_all(s).endswith(SMALL), True)
        want(2 < time.monotonic() - begin < 6, True)


def patience():
    """The three above at once, since each waits."""
    failures = []

    def attempt(test):
        try:
            test()
        except (SystemExit, OSError) as problem:
            failures.append(f"{test.__name__}: {problem}")

    tests = [threading.Thread(target=attempt, args=(test,)) for test in (slowloris, slow_reader, idle)]
    for test in tests:
        test.start()
    for test in tests:
        test.join()
    want(failures, [])


def services():
    data = bytes(i * 7 % 256 for i in range(300000))
    with connect(7) as s:
        sender = threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR)))
        sender.start()
        want(read_all(s), data)
        sender.join()
    with connect(9) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        want(read_all(s), b"")
    line = bytes(range(32, 127)) * 3
    with connect(19) as s:
        text = b""
        while len(text) < 74 * 200:
            text += s.recv(65536)
    for i in range(200):
        want(text[74 * i:74 * i + 74], line[i % 95:i % 95 + 72] + b"\r\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.sendto(b"x" * 1400, (ADDR, 7))
        want(s.recv(65536), b"x" * 1400)
        s.sendto(b"", (ADDR, 19))
        want(s.recv(65536), line[:72] + b"\r\n")
        s.sendto(b"gone", (ADDR, 9))
        s.settimeout(0.3)
        try:
            sys.exit(f"discard answered {s.recv(65536)!r}")
        except TimeoutError:
            pass


def too_many():
    """Beyond --max-clients it is 503, and those who are there go on."""
    kept = [connect() for _ in range(40)]
    for s in kept:
        s.sendall(b"GET /small.txt HTTP/1.1\r\nHost: x\r\n\r\n")
        want(s.recv(4096)[:13], b"HTTP/1.1 200 ")
    want(status(get()), 503)
    kept[0].sendall(get())
    want(read_all(kept[0]).endswith(SMALL), True)
    for s in kept:
        s.close()


if __name__ == "__main__":
    globals()[sys.argv[2]]()
