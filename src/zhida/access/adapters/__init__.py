"""How passwords are hashed, and how tests mint grants. Imported by bootstrap and tests only."""
