"""What is asked: one folder a problem family, with its problem, plan, referee and mathematical models."""

from instances.kernel_cache import use_kernel_cache

use_kernel_cache()
