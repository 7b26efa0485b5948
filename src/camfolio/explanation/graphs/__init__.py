"""A network's activations and gradients as ONNX graphs, for programs without torch, such as browsers."""
