"""A turn: admit a question, generate its answers, checkpoint them, settle what they cost."""
