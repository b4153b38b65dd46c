"""Cost models: what turns a layer and a machine into seconds and joules."""
