"""What happened: spans and logs of every step."""
