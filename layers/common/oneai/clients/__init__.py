"""Clients of other services: OpenRouter, Razorpay, Supabase Auth, SES, S3 and Secrets Manager."""
