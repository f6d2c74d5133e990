"""HTTP: the file is the noun of the URL."""
