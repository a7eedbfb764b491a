"""Published evaluation matrices put through this project's selection and statistics; no torch."""
