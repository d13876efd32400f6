"""The gate `dependencies`: locks audited by two sources, of which neither need know what the other does."""
