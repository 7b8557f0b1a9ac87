"""How the documentation is built; ``python docs/build.py`` does it."""

from __future__ import annotations

import os
from typing import Any

import mlekit

project = "mlekit"
author = "The mlekit developers"
project_copyright = author
release = version = mlekit.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_design",
    "docs.book.contents",
    "docs.book.editions",
    "docs.book.korean_search",
    "docs.book.mathematics",
    "docs.book.reference",
]
exclude_patterns = ["_build", "locales"]
# The tables of benchmarks begin below the second level. Languages of cells are known once they are executed.
suppress_warnings = ["myst.header", "myst-nb.lexer"]

# ---- code cells: executed once, kept, and read again by the other edition ------------------------------------
nb_execution_mode = "cache"
nb_execution_cache_path = os.environ.get("BOOK_CACHE", "")
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_output_stderr = "error"
nb_merge_streams = True
nb_kernel_rgx_aliases = {".*": "python3"}
nb_execution_excludepatterns: list[str] = []

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

# ---- docstrings ------------------------------------------------------------------------------------------------
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
# Types by the names that the library gives them.
autodoc_type_aliases = {name: name for name in ("Array", "ArrayLike", "BoolArray", "Labels", "Seed", "Size")}
autodoc_inherit_docstrings = False
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
add_module_names = False
toc_object_entries_show_parents = "hide"

# ---- two languages ---------------------------------------------------------------------------------------------
language = "en"
locale_dirs = ["locales"]
gettext_compact = False
gettext_uuid = False
gettext_location = False

html_theme = "pydata_sphinx_theme"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = [("pictures/book.js", {"defer": "defer"})]
templates_path = ["_templates"]
html_title = "mlekit"
html_show_sourcelink = False
html_copy_source = False
html_last_updated_fmt = None
html_theme_options: dict[str, Any] = {
    "navbar_end": ["language-switch", "theme-switcher"],
    "navbar_persistent": ["search-button"],
    "navbar_align": "left",
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "show_toc_level": 2,
    "back_to_top_button": False,
    "header_links_before_dropdown": 6,
}
html_sidebars: dict[str, list[str]] = {"index": []}
html_context = {"default_mode": "auto"}


def setup(app: Any) -> None:
    """Say in the edition's own language what Sphinx and its extensions say for themselves."""

    def speak(app: Any, config: Any) -> None:
        if config.language == "ko":
            config.nb_code_prompt_show = "코드 보기"
            config.nb_code_prompt_hide = "코드 접기"
            config.html_theme_options["search_bar_text"] = "문서 검색"
        else:
            config.nb_code_prompt_show = "Show the code"
            config.nb_code_prompt_hide = "Hide the code"

    app.connect("config-inited", speak)
