"""What is worth keeping of a store, as one file for another store, such as that of the next runner."""
