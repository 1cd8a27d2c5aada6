"""What a seek from the end of a replay asks for besides: that it plays on."""

from __future__ import annotations

from workbench.messages import AnyMessage, Control, ControlRequest, Error, Ping


class Implied:
    """The `resume` that follows such a seek; nobody asked for it, so nobody hears it refused.

    It is refused where the seek was: the replay is at its end still.
    """

    def __init__(self) -> None:
        self._waiting = self._refused = False

    def asked(self, request: ControlRequest | Ping, *, ended: bool) -> list[ControlRequest | Ping]:
        """Return what is to be sent for a request, of a replay that has `ended` or not."""
        if not ended or not isinstance(request, ControlRequest) or request.action != "seek":
            return [request]
        self._waiting = True
        return [request, ControlRequest("resume")]

    def hides(self, message: AnyMessage) -> bool:
        """Tell whether a message of the connection's own is about the refusal of it."""
        if self._refused and isinstance(message, Error):
            self._refused = False
            return True
        if self._waiting and isinstance(message, Control) and message.data.action == "resume":
            self._waiting = False
            self._refused = not message.data.accepted
            return self._refused
        return False
