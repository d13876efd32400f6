"""Images: references, configurations, registry transport, stand-ins and archives."""
