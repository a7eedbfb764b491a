"""The files that say how a report looks and what it explains; a change of them renews it."""

import hashlib
from pathlib import Path

from recycling.ground.provenance import ROOT

TEMPLATES = Path(__file__).with_name("templates")
CAPTIONS = ROOT / "workflow" / "report"
WORDS = ROOT / "docs" / "glossary.md"


def digest() -> str:
    """A digest of the templates, the captions of figures and the glossary."""
    found = hashlib.sha256()
    for path in [*sorted(TEMPLATES.iterdir()), *sorted(CAPTIONS.glob("*.rst")), WORDS]:
        found.update(f"{path.name}\n".encode() + path.read_bytes())
    return found.hexdigest()[:16]
