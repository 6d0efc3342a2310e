"""Roads, addresses and landmarks of a city folder out of an OpenStreetMap extract."""
