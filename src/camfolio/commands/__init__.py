"""Output of each command of the command line."""
