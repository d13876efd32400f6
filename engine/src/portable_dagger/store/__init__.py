"""Layers, blobs, cache volumes and their index; what is read from them and written to them."""
