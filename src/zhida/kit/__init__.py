"""Which small tools know no word of the product? Clock, paging, atomic files."""
