"""Products. A view counter is kept in Redis, spoken to by hand: the standard library has no client."""
import os
import re
import socket
import threading
import time

from jsonserver import serve

PRODUCTS = {i: {"id": i, "name": f"Lamp {i}", "price": 10 + i} for i in range(1, 101)}
local = threading.local()


def redis(*words):
    """One command over this thread's connection; the reply's first line is all that is needed."""
    if not hasattr(local, "socket"):
        local.socket = socket.create_connection((os.environ["HOST"], int(os.environ["REDIS_PORT"])))
        local.file = local.socket.makefile("rb")
    parts = [str(word).encode() for word in words]
    local.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
    return local.file.readline().strip()


def handle(method, path, _body):
    if path == "/products":
        return 200, list(PRODUCTS.values())[:20]
    found = re.fullmatch(r"/products/(\d+)", path)
    number = int(found[1]) if found else 0
    if number not in PRODUCTS:
        return 404, {"error": "no such product"}
    redis("INCR", f"views:{number}")
    if number % 25 == 0:
        time.sleep(0.08)  # Pictures of these are large: some calls are slow.
    return 200, PRODUCTS[number]


serve("catalogue", handle)
