"""The guided beginning of a city folder: a few answers in, a folder that can be checked and loaded out."""
