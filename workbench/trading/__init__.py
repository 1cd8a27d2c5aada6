"""Live sessions: a strategy on a market as it comes. Pure: no clock, socket, file or process."""
