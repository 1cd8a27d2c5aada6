"""The design the contract was written for: FastAPI, and a loop that awaits each client."""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
clients: list[WebSocket] = []


@app.websocket("/stream")
async def stream(socket: WebSocket) -> None:
    await socket.accept()
    clients.append(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        clients.remove(socket)


@app.websocket("/publish")
async def publish(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            for message in await socket.receive_json():
                for client in clients:
                    await client.send_json(message)
            await socket.send_text("done")
    except WebSocketDisconnect:
        pass


if __name__ == "__main__":
    port = int(sys.argv[1].removeprefix("--port="))
    uvicorn.run(app, port=port, log_level="error", ws_per_message_deflate=False)
