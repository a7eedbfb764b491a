"""How results look: Markdown and figures."""
