"""The API as other programs use it: generated requests, and a client generated from its description."""
