"""What has to happen between a fresh clone and a program that runs? The Makefile calls ``python -m deploy.setup``.

Standard library only: this runs before anything is installed, on whatever Python >= 3.11 the machine has.
"""
