"""The command line: a module for each group of commands; their imports wait until a command runs."""
