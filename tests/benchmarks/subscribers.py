"""Many subscribers in a process of their own.

``python -m tests.benchmarks.subscribers PORT PATH COUNT [HEADER]``. Each line on standard input
is a number of messages; when every subscriber has had that many since it connected, the number
of all messages and of all bytes received are answered.
"""

from __future__ import annotations

import resource
import selectors
import sys

from tests.benchmarks.raw_socket import Reader


def main(port: int, path: str, count: int, *headers: str) -> None:
    """Connect, then serve standard input until it ends."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 200), hard))
    selector = selectors.DefaultSelector()
    readers = [Reader(port, path, headers) for _ in range(count)]
    for reader in readers:
        selector.register(reader.socket, selectors.EVENT_READ, reader)
    print("connected", flush=True)
    for line in sys.stdin:
        wanted = int(line)
        behind = {id(reader) for reader in readers if reader.messages < wanted}
        while behind:
            for key, _ in selector.select():
                key.data.read()
                if key.data.messages >= wanted:
                    behind.discard(id(key.data))
        found = (sum(r.messages for r in readers), sum(r.bytes for r in readers))
        print(*found, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
