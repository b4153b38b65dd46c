"""What is asked: one folder a problem family, with its problem, plan, referee and mathematical models."""
