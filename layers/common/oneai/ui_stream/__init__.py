"""The UI message stream of Vercel's AI SDK: converts requests of `useChat` to questions, and answers to chunks of a
message.

https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol, version 1.
"""
