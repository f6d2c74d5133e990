"""The clients for others, each by its example against a running service."""
