"""What rows say about sockets: names, ends and roles of TCP, UDP and unix sockets, as the workload sees them."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from live import KERNEL, Answered, Row, Workload, ask, of_type, one

pytestmark = KERNEL

TALK = r"""
said = {}
def text(address):
    host = address[0].removeprefix('::ffff:')
    return f'{host}:{address[1]}'

def note(name, server, client, there):
    said[name] = {
        'server': server.fileno(), 'client': client.fileno(), 'there': there.fileno(),
        'at': text(server.getsockname()), 'from': text(client.getsockname()), 'to': text(client.getpeername()),
        'port': server.getsockname()[1], 'ino': os.fstat(client.fileno()).st_ino,
    }

def stream(name, family, address, port=0):
    server = socket.socket(family); server.bind((address, port)); server.listen(1)
    client = socket.socket(family); client.connect(server.getsockname()); there, _ = server.accept()
    note(name, server, client, there)
    client.sendall(b'to the server'); there.recv(100)
    there.sendmsg([b'part one ', b'', b'part two']); client.recvmsg(100)
    os.write(client.fileno(), b'written'); os.read(there.fileno(), 100)
    client.shutdown(socket.SHUT_RDWR)
    for s in (client, there, server): s.close()

def datagrams(name, family, address):
    server = socket.socket(family, socket.SOCK_DGRAM); server.bind((address, 0))
    client = socket.socket(family, socket.SOCK_DGRAM); client.connect(server.getsockname())
    note(name, server, client, server)
    client.send(b'datagram'); _, back = server.recvfrom(100)
    server.sendto(b'and back', back); client.recv(100)
    client.close(); server.close()

stream('tcp4', socket.AF_INET, '127.0.0.1', int(sys.argv[2]))
stream('tcp6', socket.AF_INET6, '::1')
stream('mapped', socket.AF_INET6, '::ffff:127.0.0.5')
datagrams('udp4', socket.AF_INET, '127.0.0.1')
datagrams('udp6', socket.AF_INET6, '::1')
os.chdir(sys.argv[1])
server = socket.socket(socket.AF_UNIX); server.bind('here.sock'); server.listen(1)
client = socket.socket(socket.AF_UNIX); client.connect('here.sock'); there, _ = server.accept()
client.sendall(b'to unix'); there.recv(100)
said['unix'] = {'client': client.fileno(), 'there': there.fileno(), 'server': server.fileno()}
abstract = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); abstract.bind(b'\0without a file')
said['abstract'] = abstract.fileno()
abstract.getsockname()
a, b = socket.socketpair(); a.send(b'pair'); b.recv(10)
closed = socket.socket(); closed.bind(('127.0.0.1', 0)); port = closed.getsockname()[1]
refused = socket.socket()
try: refused.connect(('127.0.0.1', port))
except OSError: pass
said['refused'] = port
print(json.dumps(said))
"""
FIELDS = (
    "evt.type", "evt.res", "evt.rawres", "evt.args", "evt.buffer", "evt.buflen", "evt.arg.addr", "evt.arg.tuple",
    "fd.num", "fd.name", "fd.type", "fd.typechar", "fd.cip", "fd.sip", "fd.lip", "fd.rip", "fd.cport", "fd.sport",
    "fd.lport", "fd.rport", "fd.l4proto", "fd.sockfamily", "fd.is_server", "fd.connected", "fd.sproto",
    "fd.name_changed", "fd.ino",
)  # fmt: skip
INET = ("tcp4", "tcp6", "mapped", "udp4", "udp6")


def talking(filter: str, place: Path, port: int = 0) -> Answered:
    """Rows of the workload above in a place of its own; `port` is that of the first server."""
    return ask(filter, Workload(TALK, str(place), str(port)), *FIELDS)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """All rows of the workload."""
    return talking("", tmp_path_factory.mktemp("unix"))


def io(talk: Answered, name: str) -> list[Row]:
    """The rows that move data on the two ends of a connection, in order."""
    facts = talk.said[name]
    moving = of_type(talk.rows, "sendto", "recvfrom", "sendmsg", "recvmsg", "write", "read")
    rows = [r for r in moving if r["fd.num"] in (facts["client"], facts["there"])]
    return [r for r in rows if r["fd.cport"] in ports(facts) or r["fd.sport"] in ports(facts)]


def ports(facts: Any) -> tuple[int, int]:
    """Of client and server."""
    return int(facts["from"].rpartition(":")[2]), facts["port"]


@pytest.mark.parametrize("name", ("tcp4", "tcp6", "mapped"))
def test_both_ends_of_a_connection(talk: Answered, name: str) -> None:
    facts, rows = talk.said[name], io(talk, name)
    assert [r["evt.type"] for r in rows] == ["sendto", "recvfrom", "sendmsg", "recvmsg", "write", "read"]
    (client_ip, client_port), (server_ip, server_port) = (facts[k].rsplit(":", 1) for k in ("from", "to"))
    for row in rows:
        assert row["fd.name"] == f"{facts['from']}->{facts['to']}"
        assert (row["fd.cip"], row["fd.cport"]) == (client_ip, int(client_port))
        assert (row["fd.sip"], row["fd.sport"]) == (server_ip, int(server_port))
        assert (row["fd.l4proto"], row["fd.sockfamily"], row["fd.connected"]) == ("tcp", "ip", True)
        assert row["fd.type"] == ("ipv6" if name == "tcp6" else "ipv4")
        here = row["fd.num"] == facts["there"]
        assert row["fd.is_server"] is here
        assert (row["fd.lport"], row["fd.rport"])[here] == int(client_port)
        assert (row["fd.lip"], row["fd.rip"])[not here] == server_ip
    assert {r["fd.ino"] for r in rows if r["fd.num"] == facts["client"]} == {facts["ino"]}


def test_data_of_sockets(talk: Answered) -> None:
    expected = ["to the server"] * 2 + ["part one part two"] * 2 + ["written"] * 2
    for name in ("tcp4", "tcp6", "mapped"):
        assert [r["evt.buffer"] for r in io(talk, name)] == expected
        assert [r["evt.buflen"] for r in io(talk, name)] == list(map(len, expected))


@pytest.mark.parametrize("name", ("udp4", "udp6"))
def test_datagrams(talk: Answered, name: str) -> None:
    facts, rows = talk.said[name], io(talk, name)
    assert [r["evt.buffer"] for r in rows] == ["datagram", "datagram", "and back", "and back"]
    assert {r["fd.l4proto"] for r in rows} == {"udp"}
    connected = [r for r in rows if r["fd.num"] == facts["client"]]
    assert {r["fd.name"] for r in connected} == {f"{facts['from']}->{facts['to']}"}
    received = one(rows, evt__type="recvfrom", fd__num=facts["server"])
    assert received["fd.name"] == facts["at"] and received["fd.sport"] == facts["port"]
    assert facts["from"] in (received["evt.arg.addr"] or "") or facts["from"] in received["evt.args"]


@pytest.mark.parametrize("name", INET)
def test_how_a_connection_is_made(talk: Answered, name: str) -> None:
    facts = talk.said[name]
    bound = next(r for r in talk.of("bind") if r["fd.lport"] == facts["port"])
    assert bound["fd.name"] == facts["at"] and bound["fd.name_changed"]
    connect = next(r for r in talk.of("connect") if r["fd.rport"] == facts["port"])
    assert connect["fd.name"] == f"{facts['from']}->{facts['to']}" and connect["fd.name_changed"]
    assert facts["to"].rpartition(":")[0] in connect["evt.args"]
    if not name.startswith("udp"):
        accept = next(r for r in talk.of("accept4", "accept") if r["fd.sport"] == facts["port"])
        assert (accept["fd.num"], accept["fd.name"]) == (facts["there"], connect["fd.name"])
        assert next(r for r in talk.of("listen") if r["fd.lport"] == facts["port"])["fd.is_server"]
        closed = [r for r in talk.of("close") if r["fd.sport"] == facts["port"]]
        assert {r["fd.num"] for r in closed} == {facts["client"], facts["there"], facts["server"]}


def test_a_connection_that_is_refused(talk: Answered) -> None:
    row = one(talk.of("connect"), evt__res="ECONNREFUSED")
    assert f"127.0.0.1:{talk.said['refused']}" in row["evt.args"] and row["fd.name_changed"] is False


def test_unix_sockets(talk: Answered) -> None:
    facts = talk.said["unix"]
    sent = one(talk.of("sendto"), evt__buffer="to unix")
    got = one(talk.of("recvfrom"), evt__buffer="to unix")
    assert (sent["fd.num"], got["fd.num"]) == (facts["client"], facts["there"])
    for row in (sent, got):
        assert (row["fd.type"], row["fd.typechar"], row["fd.sockfamily"], row["fd.cip"]) == ("unix", "u", "unix", None)
    assert "here.sock" in got["fd.name"]
    assert "here.sock" in one(talk.of("connect"), fd__type="unix")["evt.args"]
    abstract = next(
        r for r in talk.of("getsockname") if r["fd.num"] == talk.said["abstract"] and r["fd.type"] == "unix"
    )
    assert "@without a file" in abstract["fd.name"]
    assert [r["fd.type"] for r in talk.rows if r["evt.buffer"] == "pair"] == ["unix", "unix"]


@pytest.fixture
def port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    "filter", ("fd.sport=PORT", "fd.port=PORT", "fd.lport=PORT or fd.rport=PORT", "fd.port in (1, PORT)")
)
def test_filters_on_ports(filter: str, port: int, tmp_path: Path) -> None:
    answered = talking(filter.replace("PORT", str(port)), tmp_path, port)
    assert answered.said["tcp4"]["port"] == port and len(io(answered, "tcp4")) == 6
    assert all(port in (row["fd.lport"], row["fd.rport"]) for row in answered.rows)
    assert {"bind", "connect", "accept4", "close"} <= {row["evt.type"] for row in answered.rows}


def test_a_filter_on_the_port_of_one_end(port: int, tmp_path: Path) -> None:
    answered = talking(f"fd.lport={port}", tmp_path, port)
    assert {row["fd.lport"] for row in answered.rows} == {port}
    assert [row["evt.type"] for row in io(answered, "tcp4")] == ["recvfrom", "sendmsg", "read"]


FILTERS = [
    ("fd.sip=::1 and fd.l4proto=tcp", "tcp6"), ("fd.net=127.0.0.5/32", "mapped"), ("fd.snet=127.0.0.4/31", "mapped"),
    ("fd.ip=127.0.0.1 and fd.l4proto=udp", "udp4"), ("fd.type=ipv6 and fd.l4proto=udp", "udp6"),
]  # fmt: skip


@pytest.mark.parametrize(("filter", "name"), FILTERS)
def test_filters_on_addresses(filter: str, name: str, tmp_path: Path) -> None:
    answered = talking(filter, tmp_path)
    assert io(answered, name)
    named = [row for row in answered.rows if row["fd.lport"] is not None]
    assert all(answered.said[name]["port"] in (row["fd.lport"], row["fd.rport"]) for row in named)
