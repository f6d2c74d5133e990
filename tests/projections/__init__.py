"""The projection engine, and what every projection must hold."""
