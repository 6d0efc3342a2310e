"""Where sites, facilities and units serve the demand best, and what they cover as they stand."""
