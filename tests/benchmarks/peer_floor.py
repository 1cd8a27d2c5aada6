"""What the kernel takes: one `write` of a ready frame into each subscriber's socket, no more."""

from __future__ import annotations

import asyncio
import json
import os
import sys

from websockets.asyncio.server import ServerConnection, serve
from workbench_server.framing import text_frame

sockets: dict[ServerConnection, int] = {}


async def handle(connection: ServerConnection) -> None:
    if connection.request is not None and connection.request.path == "/publish":
        async for batch in connection:
            for message in json.loads(batch):
                frame = text_frame(json.dumps(message).encode())
                for number in sockets.values():
                    os.write(number, frame)
            await connection.send("done")
        return
    sockets[connection] = connection.transport.get_extra_info("socket").fileno()
    try:
        await connection.wait_closed()
    finally:
        del sockets[connection]


async def main(port: int) -> None:
    async with serve(handle, "127.0.0.1", port, compression=None, open_timeout=60):
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1].removeprefix("--port="))))
