"""``python -m tests.benchmarks.soak [FRAMES]``: a server under generated frames, for long.

Fails if the server stops answering, if the log is not what the honest producer sent, if sockets
or tasks stay behind, or if its memory goes on growing.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TypeVar
from urllib.request import Request, urlopen

import psutil
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy
from websockets.sync.client import connect

from tests.benchmarks.servers import TOKEN, new_run, workbench_server

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
import fuzzing

T = TypeVar("T")
FRAMES = 100_000
ROUND = 200
"""Bursts between two looks at the server."""
GROWTH_BYTES = 24 * 1024 * 1024
"""So much more than after the first tenth a server may hold at the end."""


def generated(strategy: SearchStrategy[T], count: int) -> list[T]:
    """Return so many different values of a strategy, the same ones every time."""
    found: list[T] = []

    @seed(7)
    @settings(
        max_examples=count, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found


class Soak:
    """What has been sent, and what the server looks like."""

    def __init__(self, port: int, pid: int, run_id: str) -> None:
        self.port = port
        self.run_id = run_id
        self.process = psutil.Process(pid)
        self.frames = 0
        self.published = 0
        self.codes: dict[int | None, int] = {}
        self._turn = 0
        self._chance = random.Random(7)
        self._texts = generated(fuzzing.texts, 1500)
        self._frames = generated(fuzzing.frames, 1500)
        self._batches = generated(fuzzing.bad_batches, 500)
        self._publish_header = {"Authorization": f"Bearer {TOKEN}"}
        self._read_header = {"Authorization": f"token {TOKEN}"}

    def fire(self, bursts: int) -> None:
        """Send bursts, of which each fourth goes to the publish door."""
        for _ in range(bursts):
            self._turn += 1
            door = f"/api/ws/stream/backtest/{self.run_id}?from=now"
            header = self._read_header
            sent = self._chance.choices(self._texts, k=self._chance.randint(1, 140))
            sent += self._chance.choices(self._frames, k=self._chance.randint(0, 5))
            if self._turn % 4 == 0:
                door, header = f"/api/ws/publish/{self.run_id}", self._publish_header
                sent = self._chance.choice(self._batches)
            code = fuzzing.attack(self.port, door, sent, dict(header))
            self.codes[code] = self.codes.get(code, 0) + 1
            self.frames += len(sent)

    def publish(self) -> None:
        """Publish a batch as honest producers do."""
        with connect(
            f"ws://127.0.0.1:{self.port}/api/ws/publish/{self.run_id}",
            additional_headers=self._publish_header,
            proxy=None,
        ) as producer:
            hello = json.loads(producer.recv(timeout=30))
            assert (hello["type"], hello["last"]) == ("hello", self.published), hello
            first = self.published + 1
            messages = [fuzzing.point(float(n), self.run_id) for n in range(first, first + 10)]
            producer.send(json.dumps({"first": first, "messages": messages}))
            while (reply := json.loads(producer.recv(timeout=30)))["type"] == "command":
                pass
            self.published += 10
            assert reply == {"type": "ack", "last": self.published}, reply

    def get(self, path: str) -> dict[str, object]:
        """Ask the server something."""
        request = Request(f"http://127.0.0.1:{self.port}/{path}", headers=self._read_header)
        with urlopen(request, timeout=30) as reply:
            found: dict[str, object] = json.load(reply)
            return found

    def readers(self) -> int:
        """Return how many connections the server still has."""
        return self.get("api/ws/stream/status")["active_connections"]["total"]  # type: ignore[index]


def main(frames: int) -> int:
    """Fire so many frames; print a line now and then."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        service, run_id = new_run(home)
        service.close()
        with workbench_server(home) as running:
            soak = Soak(running.port, running.pid, run_id)
            warm = fds = 0
            began = time.monotonic()
            while soak.frames < frames:
                soak.fire(ROUND)
                soak.publish()
                memory = soak.process.memory_info().rss
                if not warm and soak.frames >= frames / 10:
                    warm, fds = memory, soak.process.num_fds()
                print(f"{soak.frames:8} frames, {memory >> 20} MiB", flush=True)
            deadline = time.monotonic() + 30
            while soak.readers() and time.monotonic() < deadline:
                time.sleep(0.1)
            assert soak.readers() == 0, "connections stayed behind"
            assert soak.process.num_fds() <= fds + 5, "sockets stayed behind"
            grown = soak.process.memory_info().rss - warm
            assert grown < GROWTH_BYTES, f"{grown >> 20} MiB more than at the start"
            equity = soak.get(f"api/backtesting/{run_id}/equity")["equity"]
            assert equity == [float(n + 1) for n in range(soak.published)], "the log is harmed"
            log = (home / "server.log").read_text()
            assert "Traceback" not in log, log[log.index("Traceback") :][:4000]
            assert "never retrieved" not in log
            assert "was destroyed but it is pending" not in log
    codes = ", ".join(f"{code or 'none'}: {n}" for code, n in sorted(soak.codes.items(), key=str))
    print(
        f"{soak.frames} frames in {time.monotonic() - began:.0f} s; closed with {codes}; "
        f"memory {grown / (1 << 20):+.1f} MiB since the first tenth; log intact"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else FRAMES))
