"""Values, their recipes and digests; evaluation: lazy, each digest once at a time, cached."""
