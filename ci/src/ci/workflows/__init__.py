"""The workflows of a code host (GitHub Actions): held against rules, and what an event would call."""
