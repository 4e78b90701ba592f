"""Apache Thrift's own server: python3 thrift-server.py GENERATED PORT binary|compact framed|buffered"""
import logging
import sys

sys.path.insert(0, sys.argv[1])
from shop import Cart
from shop.ttypes import Missing
from thrift.protocol import TBinaryProtocol, TCompactProtocol
from thrift.server import TServer
from thrift.transport import TSocket, TTransport

logging.disable(logging.CRITICAL)


class Handler:
    def find(self, id, secret):
        if id < 0:
            raise Missing("no such thing")
        return f"item {id}"

    def all(self, count):
        return ["x" * 1000] * count

    def fail(self):
        raise ValueError("hidden")

    def note(self, secret):
        pass


protocol = {"binary": TBinaryProtocol.TBinaryProtocolFactory, "compact": TCompactProtocol.TCompactProtocolFactory}
transport = {"framed": TTransport.TFramedTransportFactory, "buffered": TTransport.TBufferedTransportFactory}
TServer.TThreadedServer(
    Cart.Processor(Handler()),
    TSocket.TServerSocket("127.0.0.1", int(sys.argv[2])),
    transport[sys.argv[4]](),
    protocol[sys.argv[3]](),
    daemon=True,
).serve()
