"""Where a network looks: activations and gradients of one layer, the methods that weigh them, and the maps."""
