"""A verdict in the forms that people, machines and code hosts read."""
