"""Live sessions as processes: their worker, journal, accounts, and who starts and ends them."""
