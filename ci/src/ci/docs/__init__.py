"""Documentation held against itself: links, blocks of code that run, and the help of commands."""
