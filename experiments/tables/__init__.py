"""Tables: what a paper shows of a study, free of any output format, and renderers."""
