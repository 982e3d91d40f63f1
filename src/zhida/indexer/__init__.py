"""How does the node's search index stay as new as the record?

The indexer process is the only writer of the node's indexes: it follows the change feed of every knowledge base.
"""

from zhida.indexer.follower import FollowerCounts, IndexFollower

__all__ = ["FollowerCounts", "IndexFollower"]
