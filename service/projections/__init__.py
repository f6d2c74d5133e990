"""The read models: one module each, which alone knows its tables."""
