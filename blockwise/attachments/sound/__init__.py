"""Sound is not decoded: its container is written anew with what is needed to play it, and nothing else of it."""
