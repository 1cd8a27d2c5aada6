"""A server and how it is named: its base address, and the token apart from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, urlsplit

from workbench.client.checking import check_token
from workbench.client.rest import Rest
from workbench.errors import InvalidRequest

SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
PAGES = ("lab", "tree")
"""What Jupyter's own addresses end in."""


@dataclass(frozen=True)
class Server:
    """A server with the workbench.

    Attributes
    ----------
    url
        Base address, ending in a slash.
    token
        Sent in a header, never in an address; empty for none.
    own
        It is the Jupyter server of this very kernel: the notebook's page can reach it.
    private
        It was started for kernels that have none.
    authenticated
        It asks for a token; one that does not takes no pickled strategies.

    Raises
    ------
    InvalidRequest
        The token cannot travel in a header.
    """

    url: str
    token: str = field(default="", repr=False)
    own: bool = False
    private: bool = False
    authenticated: bool = True

    def __post_init__(self) -> None:
        check_token(self.token)

    @property
    def rest(self) -> Rest:
        """Its HTTP side."""
        return Rest(self.url, self.token)


def server_at(url: str, token: str | None = None, otherwise: str = "") -> Server:
    """Return the server at an address (http, https, ws or wss), without asking it.

    The address may be the one that Jupyter prints when it starts, ``…/lab?token=…``: its token
    is taken out of it, and sent in a header as always.

    Parameters
    ----------
    token
        What to send; None for the one in the address, or else `otherwise`.

    Raises
    ------
    InvalidRequest
        The address is none, or carries more than that; or the token cannot travel.
    """
    parts = urlsplit(url if isinstance(url, str) else "")
    if parts.scheme not in SCHEMES or not parts.hostname:
        # What was given is not repeated: it may hold a secret.
        msg = "url is not the address of a server, such as http://127.0.0.1:8888/"
        raise InvalidRequest(msg, field="url", value=None, allowed=sorted(SCHEMES))
    given = _token_in(parts)
    path = parts.path.rstrip("/")
    head, _, page = path.rpartition("/")
    path = head if page in PAGES else path
    return Server(f"{SCHEMES[parts.scheme]}://{parts.netloc}{path}/", token or given or otherwise)


def _token_in(parts: SplitResult) -> str:
    query = parse_qs(parts.query, keep_blank_values=True)
    tokens = query.pop("token", [""])
    if query or len(tokens) > 1 or parts.fragment or parts.username or parts.password:
        msg = "url carries a query or credentials: give the base address alone, and token="
        raise InvalidRequest(msg, field="url", value=None, allowed="a base address")
    return tokens[0]
