"""What evaluation runs: exec, image, export and the like."""
