"""Apache Thrift's own client: python3 thrift-calls.py PORT early|new GENERATED binary|compact framed|buffered"""
import sys
import threading

from lib.account import did, ready, tell

port, phase, generated, protocol, transport = int(sys.argv[1]), *sys.argv[2:6]
sys.path.insert(0, generated)
from shop import Cart
from shop.ttypes import Missing
from thrift.protocol import TBinaryProtocol, TCompactProtocol
from thrift.Thrift import TApplicationException
from thrift.transport import TSocket, TTransport

PROTOCOLS = {"binary": TBinaryProtocol.TBinaryProtocol, "compact": TCompactProtocol.TCompactProtocol}
TRANSPORTS = {"framed": TTransport.TFramedTransport, "buffered": TTransport.TBufferedTransport}
UNKNOWN_METHOD, INTERNAL_ERROR = 1, 6


def opened():
    wire = TRANSPORTS[transport](TSocket.TSocket("127.0.0.1", port))
    wire.open()
    return Cart.Client(PROTOCOLS[protocol](wire)), wire


def refused(call, code):
    try:
        call()
    except TApplicationException as error:
        assert error.type == code, error
    else:
        raise AssertionError("it was no error")


class Unknown(Cart.Client):
    """Calls a method that the server does not have."""

    def nothing(self):
        self._oprot.writeMessageBegin("nothing", 1, self._seqid)
        Cart.fail_args().write(self._oprot)
        self._oprot.writeMessageEnd()
        self._oprot.trans.flush()
        return self.recv_fail()


def calls(client, count):
    for i in range(count):
        assert client.find(i, "hidden") == f"item {i}"
    did("find", times=count)


def everything():
    client, wire = opened()
    calls(client, 100)
    for i in range(20):
        assert len(client.all(i)) == i
        client.note("hidden" * 100)
        try:
            client.find(-1, "hidden")
        except Missing:
            pass
        else:
            raise AssertionError("it was there")
        refused(client.fail, INTERNAL_ERROR)
        other = Unknown(client._iprot)
        refused(other.nothing, UNKNOWN_METHOD)
    # Without frames, what is longer than 64 KB is not followed to its end.
    large = 200 if transport == "framed" else 50
    assert len(client.all(large)) == large
    did("all", times=21)
    did("note", times=20)
    did("find", outcome="server_error", times=20)
    did("fail", outcome="server_error", code=INTERNAL_ERROR, times=20)
    did("nothing", outcome="client_error", code=UNKNOWN_METHOD, times=20)
    wire.close()


if phase == "early":
    client, wire = opened()
    client.find(1, "before")
    ready()
    calls(client, 200)
    wire.close()
else:
    threads = [threading.Thread(target=everything) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
tell()
