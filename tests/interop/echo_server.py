# SPDX-License-Identifier: BSD-3-Clause
"""An echo service of the kernel's, for any number of connections at once: `echo_server.py HOST PORT`."""

import selectors
import socket
import sys


def main(host, port):
    listener = socket.create_server((host, port), backlog=4096)
    listener.setblocking(False)
    ready = selectors.DefaultSelector()
    ready.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in ready.select():
            if key.fileobj is listener:
                sock, _ = listener.accept()
                ready.register(sock, selectors.EVENT_READ)
                continue
            try:
                data = key.fileobj.recv(65536)
                key.fileobj.sendall(data)
            except ConnectionError:
                data = b""
            if not data:
                ready.unregister(key.fileobj)
                key.fileobj.close()


main(sys.argv[1], int(sys.argv[2]))
