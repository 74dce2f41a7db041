"""A web server on the loopback under load: `python http_load.py DIRECTORY REQUESTS` fetches page.html that often."""

from __future__ import annotations

import contextlib
import functools
import http.client
import http.server
import sys
import threading

__all__ = ["main"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Hands out files and keeps no log."""

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def main(directory: str, requests: int) -> None:
    """Serve and ask; a new connection for each request."""
    handler = functools.partial(Quiet, directory=directory)
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for _ in range(requests):
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)) as client:
                client.request("GET", "/page.html")
                client.getresponse().read()
        server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
