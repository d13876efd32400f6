"""What runs commands: plans (pure data) made into OCI bundles, overlay mounts, network slots and processes."""
