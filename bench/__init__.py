"""How fast the ledger is beside its peers on the same machine; `python -m bench.run` measures everything."""
