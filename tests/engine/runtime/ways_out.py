"""A Python program that tries every way out of a container, and what it prints where none is."""

WAYS_OUT = """
import socket, time
def attempt(name, work):
    began = time.monotonic()
    try: work(); said = "went"
    except OSError as error: said = error.strerror or str(error)
    print(name, said, "at once" if time.monotonic() - began < 2 else "late", sep=": ")
def udp(family, address): socket.socket(family, socket.SOCK_DGRAM).sendto(b"x", (address, 9))
def raw(): socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).sendto(b"\\x08" + bytes(7), ("192.0.2.1", 0))
attempt("tcp", lambda: socket.create_connection(("192.0.2.1", 80), 5))
attempt("udp", lambda: udp(socket.AF_INET, "192.0.2.1"))
attempt("udp6", lambda: udp(socket.AF_INET6, "2001:db8::1"))
attempt("tcp6", lambda: socket.create_connection(("2001:db8::1", 80), 5))
attempt("raw", raw)
attempt("name", lambda: socket.create_connection(("example.org", 80), 5))
"""
NOTHING_LEADS_OUT = [
    *(f"{kind}: Network is unreachable: at once" for kind in ("tcp", "udp", "udp6", "tcp6", "raw")),
    "name: Temporary failure in name resolution: at once",
]
