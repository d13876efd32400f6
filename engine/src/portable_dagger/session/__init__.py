"""Server, tokens, secrets, and what a client may touch."""
