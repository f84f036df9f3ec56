"""The API that OpenAI's clients speak: chat completions, responses, embeddings and models, over the same turns as the
chat. Its modules are imported by the route that needs them, for the sake of cold starts."""
