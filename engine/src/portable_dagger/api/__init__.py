"""The GraphQL API: one file a type; the schema is derived from them."""
