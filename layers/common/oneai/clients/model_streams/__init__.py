"""What the clients of model providers share: the states of a streamed completion, parsing, pieces, tool calls."""
