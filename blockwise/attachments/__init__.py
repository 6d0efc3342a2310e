"""What somebody sends as a file, made anew from what can be seen or heard in it. No Django, no database, no disk."""
