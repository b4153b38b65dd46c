"""Imports of the user's own networks: ONNX files, Caffe definitions and PyTorch modules."""
