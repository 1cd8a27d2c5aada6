"""Closes a fake session by force: what `workbench.sessions.closing` is to a real one.

A session whose ``seed`` is 1 or 6 cannot even be closed.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import msgspec
from session_process import complete, position, risk, story

from workbench.runs.publisher import Publisher
from workbench.runs.reading import open_folder
from workbench.sessions.job import LiveJob


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=LiveJob)
    live, session = job.spec.live, job.run_id
    assert live is not None
    print(f"closing {session}: {job.reason}", flush=True)
    if job.spec.seed in (1, 6):
        sys.exit(8)
    with closing(open_folder(Path(job.home))) as folder:
        told = folder.log.position(session, "worker")
    publisher = Publisher(session, job.token, lambda: job.urls, lambda command: None)
    # The log passes over what it has of its producer.
    spoken = story(session, live.symbols, job.spec.timeframes[0])
    for number in range(told):
        publisher.send(spoken[min(number, len(spoken) - 1)])
    publisher.send(position(session, live.symbols[0], 1, "close", 99.0))
    publisher.send(risk(session, "paused"))
    publisher.send(complete(session))
    publisher.close(10)


if __name__ == "__main__":
    main()
