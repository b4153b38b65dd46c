"""Imports of the user's own networks: ONNX files and PyTorch modules."""
