# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's end of tests/interop/hours: what exchange.c does, over sockets. `exchange_peer.py HOST PORT TO COUNT AT_ONCE MAX SEED EXPECTED`
opens COUNT transfers when it is told to by a line, takes EXPECTED, says what became of each, and ends."""

import hashlib
import random
import selectors
import socket
import struct
import sys
import time

PIECE = 65536
HEAD = struct.Struct("!QQQ")
FIRST = 1 << 40  # numbers of ours; the other end's begin at 0
PATIENCE = 60  # seconds without anything happening


class Transfer:
    def __init__(self, sock, number=None, out_bytes=0, in_bytes=0):
        self.sock, self.is_ours = sock, number is not None
        self.out = [out_bytes, 0, hashlib.sha256()]
        self.into = [in_bytes, 0, hashlib.sha256()]
        self.number, self.head = number, b""
        self.waiting = memoryview(HEAD.pack(number, out_bytes, in_bytes)) if self.is_ours else memoryview(b"")
        self.has_shut = self.has_heard = False

    def send(self):
        """As much as goes."""
        while not self.has_shut and (self.is_ours or len(self.head) == HEAD.size):
            if not self.waiting and self.out[1] < self.out[0]:
                self.waiting = memoryview(BLOCK)[self.out[1] % 977:][:min(PIECE, self.out[0] - self.out[1])]
                self.out[1] += len(self.waiting)
                self.out[2].update(self.waiting)
            if not self.waiting:
                self.sock.shutdown(socket.SHUT_WR)
                self.has_shut = True
                return
            try:
                self.waiting = self.waiting[self.sock.send(self.waiting):]
            except BlockingIOError:
                return

    def receive(self):
        try:
            data = self.sock.recv(PIECE)
        except BlockingIOError:
            return
        self.has_heard = not data
        if not self.is_ours and len(self.head) < HEAD.size:
            short = HEAD.size - len(self.head)
            self.head, data = self.head + data[:short], data[short:]
            if len(self.head) == HEAD.size:
                self.number, self.into[0], self.out[0] = HEAD.unpack(self.head)
            elif self.has_heard:
                raise EOFError("the end before the head")
        self.into[1] += len(data)
        self.into[2].update(data)

    @property
    def is_over(self):
        return self.has_shut and self.has_heard

    def say(self):
        if self.into[0] != self.into[1]:
            raise EOFError(f"{self.into[1]} of {self.into[0]} bytes")
        up, down = (self.out, self.into) if self.is_ours else (self.into, self.out)
        print("done", self.number, *(word for flow in (up, down) for word in (flow[1], flow[2].hexdigest())))


class Peer:
    def __init__(self, host, port, to, counts, seed):
        self.to, self.port = to, port
        self.count, self.at_once, self.max_bytes, self.expected = counts
        self.random = random.Random(seed)
        self.selector = selectors.DefaultSelector()
        self.opened = self.open = self.over = 0
        self.listener = socket.create_server((host, port), backlog=1024)
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ)

    def size(self):
        """Small ones are as many as large ones, and one in ten is nothing at all."""
        if self.random.randrange(10) == 0:
            return 0
        return self.random.randrange((2 << self.random.randrange(self.max_bytes.bit_length() - 1)) + 1)

    def open_more(self):
        while self.opened < self.count and self.open < self.at_once:
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex((self.to, self.port))
            transfer = Transfer(sock, FIRST + self.opened, self.size(), self.size())
            self.opened += 1
            self.open += 1
            self.selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, transfer)

    def accept(self):
        sock, _ = self.listener.accept()
        sock.setblocking(False)
        self.selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, Transfer(sock))

    def end(self, transfer, why=None):
        try:
            if why is None:
                transfer.say()
        except EOFError as error:
            why = error
        if why is not None:
            print("failed", transfer.number, why)
        self.selector.unregister(transfer.sock)
        transfer.sock.close()
        self.over += 1
        self.open -= transfer.is_ours

    def turn(self, key, mask):
        transfer = key.data
        try:
            if mask & selectors.EVENT_WRITE:
                transfer.send()
            if mask & selectors.EVENT_READ and not transfer.has_heard:
                transfer.receive()
                transfer.send()
        except (OSError, EOFError) as why:
            self.end(transfer, why)
            return
        if transfer.is_over:
            self.end(transfer)
            return
        wanted = (0 if transfer.has_heard else selectors.EVENT_READ) | (selectors.EVENT_WRITE if transfer.waiting else 0)
        if wanted and wanted != key.events:
            self.selector.modify(transfer.sock, wanted, transfer)

    def run(self):
        while self.over < self.count + self.expected:
            self.open_more()
            ready = self.selector.select(PATIENCE)
            if not ready:
                print("failed: nothing happens any more;", self.count + self.expected - self.over, "transfers are not over")
                return 1
            for key, mask in ready:
                if key.data is None:
                    self.accept()
                else:
                    self.turn(key, mask)
        return 0


BLOCK = random.Random(0).randbytes(PIECE + 977)


def main():
    host, port, to, count, at_once, max_bytes, seed, expected = sys.argv[1:]
    peer = Peer(host, int(port), to, (int(count), int(at_once), int(max_bytes), int(expected)), int(seed))
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.monotonic()
    code = peer.run()
    print(f"took {time.monotonic() - begun:.1f} s")
    return code


sys.exit(main())
