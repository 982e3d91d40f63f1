"""Zhida: documents in, answers with evidence out."""

__version__ = "0.1.0"
