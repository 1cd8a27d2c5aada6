"""The publishers' door of a server."""

from __future__ import annotations

from websockets.sync.client import ClientConnection, connect


def opened(url: str, stream: str, token: str, obeyed: int) -> ClientConnection:
    """Connect to the server at a base address, to publish a stream there.

    Parameters
    ----------
    token
        The right to publish it; sent in a header.
    obeyed
        Seq of the last control that was obeyed: those after it are wanted.

    Raises
    ------
    OSError, WebSocketException
        There is no server, or none that lets this producer in.
    """
    return connect(
        url.replace("http", "ws", 1) + f"api/ws/publish/{stream}?obeyed={obeyed}",
        additional_headers={"Authorization": f"Bearer {token}"},
        compression=None,
        proxy=None,
        open_timeout=5,
        close_timeout=2,
        max_size=1 << 20,
    )
