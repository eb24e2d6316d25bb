# SPDX-License-Identifier: BSD-3-Clause
"""python's http.server with what a plain one does not do: chunked bodies, bodies that end when the connection does,
small socket buffers, slow readers and slow writers.

GET /FILE serves it by http.server's own code. GET /chunked/FILE, /closed/FILE, /slow/FILE serve the same bytes another
way. POST anywhere reads the body, slowly if asked to, and answers with its SHA-256.
"""

import argparse
import hashlib
import http.server
import pathlib
import socket
import socketserver
import time


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pause = 0.0

    def log_message(self, *_):
        pass

    def do_GET(self):
        ways = {"chunked": self.send_chunked, "closed": self.send_closed, "slow": self.send_slow}
        way, _, name = self.path[1:].partition("/")
        if way not in ways:
            super().do_GET()
            return
        ways[way]((pathlib.Path(self.directory) / name).read_bytes())

    def start(self, name, value):
        self.send_response(200)
        self.send_header(name, value)
        self.end_headers()

    def send_chunked(self, body):
        self.start("Transfer-Encoding", "chunked")
        sizes = [1, 2, 15, 16, 17, 1447, 1448, 1449, 4096, 65535, 65536]
        while body:
            sizes.append(sizes.pop(0))
            chunk, body = body[:sizes[0]], body[sizes[0]:]
            self.wfile.write(b"%x;way=odd\r\n%b\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\nX-Trailer: last\r\n\r\n")

    def send_closed(self, body):
        self.start("Connection", "close")
        self.wfile.write(body)

    def send_slow(self, body):
        self.start("Content-Length", str(len(body)))
        for at in range(0, len(body), 4096):
            self.wfile.write(body[at:at + 4096])
            time.sleep(self.pause)

    def do_POST(self):
        left = int(self.headers["Content-Length"])
        digest = hashlib.sha256()
        while left:
            data = self.rfile.read1(min(left, 1000))
            digest.update(data)
            left -= len(data)
            time.sleep(self.pause)
        answer = digest.hexdigest().encode()
        self.start("Content-Length", str(len(answer)))
        self.wfile.write(answer)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128
    buffers = (0, 0)

    def server_bind(self):
        for option, size in zip((socket.SO_SNDBUF, socket.SO_RCVBUF), self.buffers):
            if size:
                self.socket.setsockopt(socket.SOL_SOCKET, option, size)
        # http.server's own would ask a resolver for our name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("folder")
    parser.add_argument("--sndbuf", type=int, default=0)
    parser.add_argument("--rcvbuf", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two pieces, of POST and of /slow/")
    args = parser.parse_args()
    Handler.pause = args.pause
    Server.buffers = (args.sndbuf, args.rcvbuf)

    def handler(*rest):
        return Handler(*rest, directory=args.folder)

    Server((args.address, args.port), handler).serve_forever()


main()
