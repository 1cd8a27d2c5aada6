"""permessage-deflate offers: what a shared context can honour, and nothing else."""

from __future__ import annotations

import pytest
from workbench_server.negotiation import agree

OURS = {"client_no_context_takeover": None}
WIDE = {**OURS, "server_max_window_bits": "15"}

OFFERS = [
    ("permessage-deflate", OURS),
    ("permessage-deflate; client_max_window_bits", OURS),
    ("permessage-deflate;client_max_window_bits=10", OURS),
    ('permessage-deflate; client_max_window_bits="12"', OURS),
    ("permessage-deflate; client_no_context_takeover", OURS),
    ("permessage-deflate; server_max_window_bits=15", WIDE),
    ("Permessage-Deflate; Server_Max_Window_Bits = 15", WIDE),
    ("permessage-deflate; server_no_context_takeover", None),
    ("permessage-deflate; server_max_window_bits=10", None),
    ("permessage-deflate; server_no_context_takeover, permessage-deflate", OURS),
    ("permessage-deflate; server_max_window_bits=9, x, permessage-deflate", OURS),
    ("x-webkit-deflate-frame, permessage-deflate; client_max_window_bits", OURS),
    ("", None),
    ("permessage-bzip2", None),
    ("permessage-deflate; unknown", None),
    ("permessage-deflate; unknown=1, permessage-deflate", OURS),
    ("permessage-deflate; server_max_window_bits", None),
    ("permessage-deflate; server_max_window_bits=16", None),
    ("permessage-deflate; server_max_window_bits=015", None),
    ("permessage-deflate; client_max_window_bits=7", None),
    ("permessage-deflate; client_max_window_bits=x", None),
    ("permessage-deflate; client_no_context_takeover=1", None),
    ("permessage-deflate; client_max_window_bits; client_max_window_bits", None),
    ("permessage-deflate; ;", None),
    ("permessage-deflate; =15", None),
    ("permessage-deflate x", None),
    (';;;,,,"', None),
]


@pytest.mark.parametrize(("header", "answer"), OFFERS)
def test_an_offer_is_honoured_in_full_or_declined(header, answer):
    assert agree(header) == answer
