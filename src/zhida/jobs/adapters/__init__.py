"""The jobs room's adapters; bootstrap alone chooses among them."""
