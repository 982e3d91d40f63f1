"""The only SQL over the knowledge room's tables, one file per question."""
