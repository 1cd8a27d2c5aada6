"""Orders at an exchange, through ccxt."""
