"""What is given: networks, systems, workloads, cost models, generators, files."""
