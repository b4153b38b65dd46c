"""Head-to-head: studies, trials, the store, tables, figures and the command line."""
