"""One router per room behind the door."""
