"""Search indexes by engine: ``local_*`` (tantivy and FAISS on this node) and ``memory_index``. Bootstrap chooses."""
