"""ClickHouse's native protocol by clickhouse-driver: python3 clickhouse.py PORT early|new."""
import sys

from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException
from lib.account import did, ready, tell

port, phase = int(sys.argv[1]), sys.argv[2]
SYNTAX_ERROR, UNKNOWN_TABLE, DIVISION, WRONG_PASSWORD = 62, 60, 153, 193


def opened():
    return Client("127.0.0.1", port, user="shop", password="hidden")


def begin(client):
    """The driver pings a connection that stands, and makes a new one after an error."""
    did("Ping" if client.connection.connected else "Hello")


def ask(client, sql, *more):
    begin(client)
    answer = client.execute(sql, *more)
    did("Query", sql)
    return answer


def refused(client, sql, code, outcome="client_error"):
    begin(client)
    try:
        client.execute(sql)
    except ServerException as error:
        assert error.code == code, error
    else:
        raise AssertionError("it was no error")
    did("Query", sql, outcome, code)


if phase == "early":
    client = opened()
    client.execute("SELECT 1")
    ready()
    # A ping is one byte: the first does not tell what the connection speaks.
    did("Ping", times=-1)
    for i in range(100):
        assert ask(client, f"SELECT {i % 7}, 'hidden'") == [(i % 7, "hidden")]
    refused(client, "SELECT * FROM nothing", UNKNOWN_TABLE)
    client.disconnect()
else:
    clients = [opened(), opened()]
    for n, client in enumerate(clients):
        ask(client, f"CREATE TABLE items{n} (id UInt32, name String) ENGINE = Memory")
        for i in range(20):
            rows = [(i * 100 + j, f"hidden {j}") for j in range(100)]
            assert ask(client, f"INSERT INTO items{n} VALUES", rows) == 100
        for i in range(50):
            assert len(ask(client, f"SELECT * FROM items{n} WHERE id < {i}")) == i
        # Thousands of rows, many blocks.
        assert len(ask(client, "SELECT number, toString(number) FROM system.numbers LIMIT 200000")) == 200000
        for _ in range(10):
            refused(client, "SELECT * FROM nothing", UNKNOWN_TABLE)
            refused(client, "SELEC", SYNTAX_ERROR)
        client.disconnect()
    for _ in range(5):
        try:
            Client("127.0.0.1", port, user="shop", password="wrong").execute("SELECT 1")
        except ServerException as error:
            assert error.code == WRONG_PASSWORD, error
        did("Hello", outcome="client_error", code=WRONG_PASSWORD)
tell()
