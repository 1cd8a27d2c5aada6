"""Close codes as the server gives them; `workbench.contract.closing` says what each means."""

from __future__ import annotations

CLOSE_FINISHED = 1000
CLOSE_GOING_AWAY = 1001
CLOSE_PROTOCOL_ERROR = 1002
CLOSE_DEAD = 1006
"""Never on the wire: how a dead peer is counted."""
CLOSE_INVALID_DATA = 1007
CLOSE_POLICY = 1008
CLOSE_TOO_BIG = 1009
CLOSE_FAILED = 1011
CLOSE_TRY_LATER = 1013
CLOSE_NO_STREAM = 4404
CLOSE_TOO_SLOW = 4408
CLOSE_DAMAGED = 4500
