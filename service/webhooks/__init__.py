"""Webhooks: who is told of what, what is still to be sent, and the sending."""
