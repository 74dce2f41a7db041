"""The question as data: expressions, what is done with them, batches and the state their ids refer to."""
