"""The network: its architecture, weights, training and evaluation."""
