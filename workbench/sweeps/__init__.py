"""Running a strategy over many parameters: what is asked for, how, and what it came to."""
