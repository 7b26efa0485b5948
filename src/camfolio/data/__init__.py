"""Where slices come from, how they are split by patient and how they reach the network."""
