"""ZooKeeper by kazoo: python3 zookeeper.py PORT early|new. Heartbeats are counted in the library's log."""
import collections
import logging
import socket
import struct
import sys
import threading

from lib.account import did, ready, tell
from kazoo.client import KazooClient
from kazoo.exceptions import KazooException

port, phase = int(sys.argv[1]), sys.argv[2]
NO_NODE, BAD_VERSION, NODE_EXISTS, NOT_EMPTY, UNIMPLEMENTED = -101, -103, -110, -111, -6


class Heartbeats(logging.Handler):
    def emit(self, record):
        if record.getMessage().startswith("Sending request(xid=-2)"):
            did("ping", code=0)


log = logging.getLogger("kazoo.client")
log.setLevel(1)
log.addHandler(Heartbeats())
log.propagate = False


def opened(timeout=6):
    client = KazooClient(hosts=f"127.0.0.1:{port}", timeout=timeout, logger=log)
    client.start()
    return client


def closed(client):
    client.stop()
    did("closeSession", code=0)
    client.close()


def refused(result, code):
    try:
        result.get()
    except KazooException as error:
        assert error.code == code, error
    else:
        raise AssertionError(f"{code} did not come")


def many(client, name, results, path):
    for result in results:
        result.get()
        did(name, path, code=0)


def nodes(client, root):
    """Hundreds of operations under way at once."""
    client.create(root)
    did("create", root, code=0)
    made = [client.create_async(f"{root}/n{i}", b"hidden") for i in range(100)]
    for i, result in enumerate(made):
        result.get()
        did("create", f"{root}/n{i}", code=0)
    many(client, "getData", [client.get_async(f"{root}/n1") for _ in range(200)], f"{root}/n1")
    many(client, "setData", [client.set_async(f"{root}/n2", b"x" * 20_000) for _ in range(50)], f"{root}/n2")
    many(client, "getData", [client.get_async(f"{root}/n2") for _ in range(50)], f"{root}/n2")
    many(client, "exists", [client.exists_async(f"{root}/n3") for _ in range(50)], f"{root}/n3")
    many(client, "getChildren", [client.get_children_async(root) for _ in range(50)], root)
    many(client, "getChildren2", [client.get_children_async(root, include_data=True) for _ in range(20)], root)
    many(client, "getACL", [client.get_acls_async(root) for _ in range(20)], root)
    many(client, "sync", [client.sync_async(root) for _ in range(20)], root)
    for i in range(20):
        refused(client.get_async(f"{root}/none"), NO_NODE)
        did("getData", f"{root}/none", "client_error", NO_NODE)
        refused(client.create_async(f"{root}/n4"), NODE_EXISTS)
        did("create", f"{root}/n4", "client_error", NODE_EXISTS)
        refused(client.set_async(f"{root}/n5", b"x", version=7), BAD_VERSION)
        did("setData", f"{root}/n5", "client_error", BAD_VERSION)
        refused(client.delete_async(root), NOT_EMPTY)
        did("delete", root, "client_error", NOT_EMPTY)
        assert client.exists(f"{root}/none") is None
        did("exists", f"{root}/none", "client_error", NO_NODE)


def watches(client, other, root):
    for i in range(50):
        told = threading.Event()
        path = f"{root}/n{i + 40}"
        client.get(path, watch=lambda event: told.set())
        did("getData", path, code=0)
        other.delete(path)
        did("delete", path, code=0)
        assert told.wait(5)
        did("notification", path)


class CreateTtl(collections.namedtuple("CreateTtl", "path")):
    """Refused by a server without extended types."""

    type = 21

    def serialize(self):
        path = self.path.encode()
        acl = struct.pack("!ii", 1, 31) + struct.pack("!i", 5) + b"world" + struct.pack("!i", 6) + b"anyone"
        return bytearray(struct.pack("!i", len(path)) + path + struct.pack("!i", -1) + acl + struct.pack("!iq", 5, 1000))


def transactions(client, root):
    for i in range(20):
        transaction = client.transaction()
        transaction.create(f"{root}/t{i}")
        transaction.set_data(f"{root}/n6", b"x")
        assert len(transaction.commit()) == 2
        did("multi", f"create {root}/t{i}, setData {root}/n6", code=0)
    for i in range(10):
        result = client.handler.async_result()
        client._call(CreateTtl(f"{root}/ttl"), result)
        refused(result, UNIMPLEMENTED)
        did("createTTL", f"{root}/ttl", "server_error", UNIMPLEMENTED)


def word(name, answer, outcome="ok"):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(name.encode())
        text = b""
        while chunk := connection.recv(4096):
            text += chunk
    assert text.startswith(answer), text
    did(name, outcome=outcome)


if phase == "early":
    # Its first heartbeat would come after a third of this.
    client = opened(40)
    ready()
    nodes(client, "/early")
    closed(client)
else:
    client, other = opened(), opened()
    for _ in range(2):
        did("connect", code=0)
    nodes(client, "/shop")
    watches(client, other, "/shop")
    transactions(other, "/shop")
    for _ in range(10):
        word("ruok", b"imok")
        word("mntr", b"mntr is not executed", "client_error")
    closed(client)
    closed(other)
tell()
