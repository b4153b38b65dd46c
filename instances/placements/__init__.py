"""Readers of other people's device-placement workloads: files in, an instance of one pipelined task out.

dnn_partitioning.py
    The JSON workloads of Tarnawski et al. (NeurIPS 2020): operators with times on an accelerator and on a CPU.
pipedream.py
    The text profiles of PipeDream.
assemble.py
    What both share: a DAG with several sources and sinks becomes a network.
"""
