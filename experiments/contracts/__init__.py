"""The contract suites: what every registered method, generator and cost model must keep."""
