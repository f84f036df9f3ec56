"""The UI message stream of Vercel's AI SDK: what `useChat` sends becomes a question, and the answer to it
chunks of a message.

https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol, version 1.
"""
