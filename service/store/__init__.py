"""The log: the only code that reads or writes the table `events`."""
