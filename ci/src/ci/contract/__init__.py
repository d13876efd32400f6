"""The contract of a service's API: whether its OpenAPI document breaks clients, and whether the service keeps it."""
