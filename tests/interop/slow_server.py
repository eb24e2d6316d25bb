#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""An HTTP server that takes its time: slow_server.py ADDRESS PORT FILE sends FILE, whatever is asked for, at 8 MB a second."""
import http.server
import os
import sys
import time

PIECE = 65536


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with open(sys.argv[3], "rb") as file:
            self.send_response(200)
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.end_headers()
            while piece := file.read(PIECE):
                self.wfile.write(piece)
                time.sleep(PIECE / 8e6)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
