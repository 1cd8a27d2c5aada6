"""The fake exchange as a process of its own: its ledger outlives whoever trades there.

A test asks it for things line by line; sessions tell it prices by datagrams, so that its market is
the one they see.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

SUPPORT = Path(__file__).parent
BREATH_S = 0.01
"""Between two looks at what is left of orders that fill in parts."""


class BrokerProcess:
    """Runs a `FakeBroker` while it is entered; `options` are its own."""

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._turn = threading.Lock()

    def __enter__(self) -> BrokerProcess:
        self._process = subprocess.Popen(
            [sys.executable, str(SUPPORT / "broker_process.py"), json.dumps(self._options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.host, self.prices = self._hear()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def ask(self, what: str, *args: Any) -> Any:
        """Have it do something: `ledger`, `place`, or a method of `FakeBroker`."""
        assert self._process.stdin is not None
        with self._turn:
            self._process.stdin.write(json.dumps([what, *args]) + "\n")
            self._process.stdin.flush()
            return self._hear()

    def ledger(self) -> dict[str, Any]:
        """Return its orders, oldest first, what it holds, and how often each order was placed."""
        found: dict[str, Any] = self.ask("ledger")
        return found

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


def main() -> None:
    from fake_broker import FakeBroker

    options = json.loads(sys.argv[1])
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))
    door.settimeout(BREATH_S)
    over = threading.Event()

    def listen() -> None:
        while not over.is_set():
            try:
                symbol, price = json.loads(door.recv(1000))
                fake.move(price, symbol)
            except TimeoutError:
                for symbol, price in list(fake.prices.items()):
                    fake.move(price, symbol)

    with FakeBroker(real_time=True, **options) as fake:
        market = threading.Thread(target=listen)
        market.start()
        print(json.dumps([fake.host, door.getsockname()[1]]), flush=True)
        for line in sys.stdin:
            what, *args = json.loads(line)
            answer = None
            if what == "ledger":
                answer = {
                    "orders": [
                        {**vars(one), "over": one.status in ("FILLED", "CANCELED")}
                        for one in fake.orders.values()
                    ],
                    "holdings": fake.holdings, "placed": dict(fake.placed),
                }  # fmt: skip
            elif what == "place":
                fake.place(**args[0])
            else:
                getattr(fake, what)(*args)
            print(json.dumps(answer), flush=True)
        over.set()
        market.join()
    door.close()


if __name__ == "__main__":
    main()
