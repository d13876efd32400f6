"""The soak: a thousand calls of all kinds in one engine, mixed with kills, Ctrl-C, failures and full disks."""
