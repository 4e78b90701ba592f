"""Listening sockets of libzmq: zmq-server.py PORT plain|xpub."""
import sys
import threading

import zmq

PUBLISHED = 200
address = f"tcp://127.0.0.1:{sys.argv[1]}"
context = zmq.Context()


def check_users(handler):
    """ZAP (rfc.zeromq.org 27)."""
    while True:
        version, request, *_, user, password = handler.recv_multipart()
        good = (user, password) == (b"shop", b"hidden")
        handler.send_multipart([version, request, *((b"200", b"OK", user) if good else (b"400", b"no", b"")), b""])


def answer():
    """Gives back the number of bytes that it was asked with."""
    handler = context.socket(zmq.REP)
    handler.bind("inproc://zeromq.zap.01")
    threading.Thread(target=check_users, args=(handler,), daemon=True).start()
    socket = context.socket(zmq.REP)
    socket.plain_server = True
    socket.zap_domain = b"shop"
    socket.bind(address)
    while True:
        parts = socket.recv_multipart()
        socket.send_multipart([b"got", str(sum(map(len, parts))).encode()])


def publish():
    """To each new subscription a number of messages, then their number."""
    socket = context.socket(zmq.XPUB)
    socket.sndhwm = 0
    socket.xpub_verboser = True
    socket.bind(address)
    while True:
        wish = socket.recv()
        if wish[0] != 1:
            continue
        topic = wish[1:]
        for i in range(PUBLISHED):
            socket.send_multipart([topic, b"x" * (i * 30)])
        socket.send_multipart([topic, b"", str(PUBLISHED).encode()])


{"plain": answer, "xpub": publish}[sys.argv[2]]()
