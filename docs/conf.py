"""Configuration of the documentation: Sphinx, MyST Markdown, Furo."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

project = "Tiercut"
author = "The Tiercut contributors"
copyright = author
release = version = installed("tiercut")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "generated_pages",
]
exclude_patterns = ["_build", "_generated", "files"]
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
napoleon_google_docstring = False
napoleon_use_rtype = False
default_role = "code"
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"Tiercut {release}"
html_static_path = ["_static"]
html_css_files = ["tiercut.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#1f4e79",
        "color-brand-content": "#1f4e79",
        "color-brand-visited": "#1f4e79",
    },
    "dark_css_variables": {
        "color-brand-primary": "#8ab8e6",
        "color-brand-content": "#8ab8e6",
        "color-brand-visited": "#8ab8e6",
    },
}
