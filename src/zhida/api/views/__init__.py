"""The shapes that go over the wire, and how each is made from what a room returns."""
