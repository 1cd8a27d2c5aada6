"""The engine beside others: one plan of orders, carried out by each, and what came of it."""
