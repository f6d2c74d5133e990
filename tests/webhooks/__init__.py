"""Webhooks: made over the API, told by real requests to real receivers."""
