"""The contract as files, made from the message definitions."""
