"""What somebody must know: put in the transaction that made it so, in the inbox of whom it is for, carried outside."""
