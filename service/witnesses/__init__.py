"""Witnesses (C2SP tlog-witness): outside ones cosign the log's checkpoints, and one can be run for other logs."""
