"""The incident ledger: an append-only register of aerial-security incidents."""
