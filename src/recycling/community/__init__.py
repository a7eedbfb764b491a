"""A community of adapters that a study trains itself, published as strangers publish theirs."""
