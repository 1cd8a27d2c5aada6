"""What the sessions of an account have come to: a row each, in a file they share."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from workbench.sessions.job import folder_of
from workbench.sessions.room import no_room
from workbench.trading.inputs import Others
from workbench.trading.spec import LiveSettings

_TABLE = """
CREATE TABLE IF NOT EXISTS sums (
    session TEXT PRIMARY KEY, account TEXT NOT NULL, body BLOB NOT NULL
) STRICT
"""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Others).decode


class Accounts:
    """The book of a state folder's accounts, as one session sees it.

    A session has its row until it ends, also while its process is away: what it holds is at risk
    all the same.

    Parameters
    ----------
    home
        The state folder.
    session
        Whose row this is.
    settings
        Which account.
    """

    def __init__(self, home: Path, session: str, settings: LiveSettings) -> None:
        self._session, self._account = session, account_of(settings)
        self._tx = _opened(home)
        self._own: Others | None = None
        self._others: Others | None = None
        self._version = -1

    def write(self, own: Others) -> bool:
        """Say what this session has come to; tell whether that is news."""
        # When it came to that is no news.
        own = msgspec.structs.replace(own, at=0)
        if own == self._own:
            return False
        row = (self._session, self._account, _encode(own))
        try:
            self._tx.execute("INSERT OR REPLACE INTO sums VALUES (?, ?, ?)", row)
        except sqlite3.OperationalError as error:
            if not no_room(error):
                raise
            return False  # The session says that the disk is full; this is tried again.
        self._own = own
        return True

    def others(self, at: int) -> Others | None:
        """Return what the other sessions of the account have come to, together, if that is news.

        Parameters
        ----------
        at
            The present, epoch ms.
        """
        version = self._tx.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version:
            return None
        self._version = version
        rows = self._tx.execute(
            "SELECT body FROM sums WHERE account = ? AND session != ? ORDER BY session",
            (self._account, self._session),
        )
        found = together([_decode(body) for (body,) in rows])
        if found == (self._others or together([])):
            return None
        self._others = found
        return msgspec.structs.replace(found, at=at)

    def leave(self) -> None:
        """The session has ended: it has no part in the account any more."""
        self._tx.execute("DELETE FROM sums WHERE session = ?", (self._session,))

    def close(self) -> None:
        """Close the file."""
        self._tx.close()


def together(rows: list[Others]) -> Others:
    """Return the sums of what sessions have come to."""
    total = Others(0, 0.0, 0.0, 0.0, 0, 0, {})
    for row in rows:
        mine, added = msgspec.structs.asdict(total), msgspec.structs.asdict(row)
        for name, value in added.items():
            if isinstance(value, dict):
                both = {*mine[name], *value}
                mine[name] = {one: mine[name].get(one, 0.0) + value.get(one, 0.0) for one in both}
            else:
                mine[name] += value
        total = Others(**mine)
    return total


def account_of(settings: LiveSettings) -> str:
    """Return the name of an account in the book: of paper and of each exchange for itself."""
    if settings.broker == "paper":
        return f"paper:{settings.account}"
    kind = "sandbox" if settings.sandbox else "live"
    return f"{settings.exchange}:{kind}:{settings.account}"


def remove(home: Path, session: str) -> None:
    """Forget what a session has come to."""
    tx = _opened(home)
    tx.execute("DELETE FROM sums WHERE session = ?", (session,))
    tx.close()


def _opened(home: Path) -> sqlite3.Connection:
    path = folder_of(home) / "accounts.db"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    tx = sqlite3.connect(path, isolation_level=None, timeout=30.0)
    tx.execute("PRAGMA journal_mode=WAL")
    tx.execute("PRAGMA synchronous=NORMAL")
    tx.execute(_TABLE)
    path.chmod(0o600)
    return tx
