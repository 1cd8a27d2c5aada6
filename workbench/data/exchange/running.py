"""Asynchronous work for callers who are not, in a notebook too."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Do the work in an event loop of its own and return what it comes to.

    Where a loop runs already, as in a kernel, that is in another thread. When interrupted, the
    work is cancelled and waited for.
    """

    async def main() -> T:
        return await work()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(main())
    done: Future[T] = Future()
    loop = asyncio.new_event_loop()
    task = loop.create_task(main())

    def serve() -> None:
        try:
            done.set_result(loop.run_until_complete(task))
        except BaseException as error:
            done.set_exception(error)
        finally:
            loop.close()

    thread = threading.Thread(target=serve, name="workbench-fetch", daemon=True)
    thread.start()
    try:
        return done.result()
    except KeyboardInterrupt:
        loop.call_soon_threadsafe(task.cancel)
        raise
    finally:
        thread.join()
