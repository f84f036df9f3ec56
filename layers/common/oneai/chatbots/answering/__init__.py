"""How a chatbot answers: its prompts, and the verdict that is checked before the first letter of an answer is sent."""
