"""The report: one HTML file that shows a whole study, without a network and without solving anything."""
