"""What several stages read: parts of the split, samples of slices, and the maps to score."""
