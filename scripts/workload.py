"""A little of everything that programs do, for a while: `python scripts/workload.py SECONDS`; used by `./run live`.

Twice a second: ls, cat of a file that is there and of one that is not, and a request to a web server on the loopback.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import subprocess
import sys
import threading
import time

__all__ = ["main"]

PROGRAMS = (["ls", "-l", "/etc"], ["cat", "/etc/hostname"], ["cat", "/nowhere"])


class Hello(http.server.BaseHTTPRequestHandler):
    """Answers each GET with one line."""

    def do_GET(self) -> None:
        """Says hello."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello\n")

    def log_message(self, *_: object) -> None:
        """Says nothing: the terminal belongs to sonde."""


def main(seconds: float) -> None:
    """Works for that long, then ends with everything it started."""
    with http.server.HTTPServer(("127.0.0.1", 0), Hello) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for program in PROGRAMS:
                subprocess.run(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)) as client:
                client.request("GET", "/")
                client.getresponse().read()
            time.sleep(0.5)
        server.shutdown()


if __name__ == "__main__":
    main(float(sys.argv[1]))
