"""The command `recycling`: what is useful without a study. One module a command."""
