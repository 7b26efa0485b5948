"""What each command of the command line prints or writes."""
