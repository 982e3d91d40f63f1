"""The models that stand behind the ports; bootstrap loads the chosen one by its dotted name."""
