"""Whether a city's addresses are good: a list to work off, and the share that is good by block."""
