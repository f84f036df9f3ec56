"""The API of OpenAI's clients: chat completions, responses, embeddings and models, over the same turns as the chat.
Routes import the modules that they need, to keep cold starts short."""
