"""How fast, how light? Every figure by one command, as one JSON object: ``python -m benchmarks NAME``."""
