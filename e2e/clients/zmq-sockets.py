"""Connecting sockets of libzmq: zmq-sockets.py PORT early|new plain|xpub."""
import socket
import sys

import zmq
from lib.account import did, opened, ready, tell
from zmq.utils.monitor import recv_monitor_message

port, phase, kind = sys.argv[1], sys.argv[2], sys.argv[3]
PUBLISHED = 200
context = zmq.Context()


def own_port():
    """A free one for libzmq to connect from."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = probe.getsockname()[1]
    opened(found)
    return found


def connected(kind, user=None, password=b"hidden", refused=False, counted=True):
    """A socket whose handshake is over; libzmq's own threads connect it, and its monitor tells how that went."""
    one = context.socket(kind)
    one.linger = 0
    one.reconnect_ivl = -1
    one.rcvhwm = 0
    one.rcvtimeo = 20_000
    if user is not None:
        one.plain_username, one.plain_password = user, password
    monitor = one.get_monitor_socket()
    monitor.rcvtimeo = 20_000
    one.connect(f"tcp://127.0.0.1:{own_port()};127.0.0.1:{port}")
    while True:
        event = recv_monitor_message(monitor)
        if event["event"] in (zmq.EVENT_HANDSHAKE_SUCCEEDED, zmq.EVENT_HANDSHAKE_FAILED_AUTH):
            if (event["event"] == zmq.EVENT_HANDSHAKE_FAILED_AUTH) != refused:
                raise RuntimeError(f"the handshake ended with {event}")
            break
    one.disable_monitor()
    if counted:
        did("Greeting", times=2)
        # NULL: READY of both; PLAIN: HELLO, WELCOME, INITIATE, READY, or HELLO and ERROR.
        did("Command", times=1 if refused else 2 if user is None else 4)
        if refused:
            did("Command", outcome="server_error")
    return one


def ask(one, parts):
    one.send_multipart(parts)
    if one.recv_multipart() != [b"got", str(sum(map(len, parts))).encode()]:
        raise RuntimeError("another answer")


def plain():
    if phase == "early":
        one = connected(zmq.REQ, b"shop", counted=False)
        ready()
        for i in range(100):
            ask(one, [b"hidden" * (i + 1)])
        # Which end asks was told in its handshake.
        did("Message", times=200)
        return
    sockets = [connected(zmq.REQ, b"shop") for _ in range(4)]
    for i in range(200):
        for one in sockets:
            ask(one, [b"x"] * (i % 5) + [b"hidden" * (i * 20)])
    ask(sockets[0], [b"x" * 1_000_000])
    did("Message", times=801)
    # Many under way together.
    dealer = connected(zmq.DEALER, b"shop")
    for i in range(300):
        dealer.send_multipart([b"", str(i).encode()])
    for _ in range(300):
        dealer.recv_multipart()
    did("Message", times=300)
    for _ in range(10):
        connected(zmq.REQ, b"shop", b"wrong", refused=True)


def hear(one, topic):
    while True:
        parts = one.recv_multipart()
        did("Message")
        if parts == [topic, b"", str(PUBLISHED).encode()]:
            return


def xpub():
    one = connected(zmq.SUB, counted=phase == "new")
    if phase == "early":
        ready()
    others = [connected(zmq.SUB) for _ in range(3)] if phase == "new" else []
    for i, each in enumerate([one, *others]):
        for round in range(3):
            topic = f"{phase}.{i}.{round}".encode()
            each.subscribe(topic)
            did("Command", topic.decode())
            hear(each, topic)
            each.unsubscribe(topic)
            did("Command", topic.decode())


{"plain": plain, "xpub": xpub}[kind]()
# Closes all sockets.
context.destroy(linger=1000)
tell()
