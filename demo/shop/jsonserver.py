"""A keep-alive JSON server on the standard library, shared by the shop's Python services."""
import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def serve(service, handle):
    """handle(method, path, body) -> (status, value)"""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self):
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            status, value = handle(self.command, self.path, body)
            text = json.dumps(value).encode()
            head = f"HTTP/1.1 {status} {'OK' if status < 400 else 'Error'}\r\n"
            head += f"content-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
            self.wfile.write(head.encode() + text)

        do_GET = do_POST = answer

        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Server((os.environ["HOST"], int(os.environ[f"{service.upper()}_PORT"])), Handler).serve_forever()
