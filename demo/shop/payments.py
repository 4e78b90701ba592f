"""Payments. Every twelfth fails, every tenth is slow."""
import itertools
import time

from jsonserver import serve

numbers = itertools.count(1)


def handle(_method, path, body):
    if path != "/payments":
        return 404, {"error": "no such path"}
    number = next(numbers)
    if number % 10 == 0:
        time.sleep(0.25)
    if number % 12 == 0:
        return 503, {"error": "the bank does not answer"}
    return 201, {"order": body.get("order"), "paid": True}


serve("payments", handle)
