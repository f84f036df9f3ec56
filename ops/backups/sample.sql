-- A small service for a drill where there is none: users, what they asked, what it cost, what they paid.
insert into auth.users (id, aud, role, email, email_confirmed_at)
select gen_random_uuid(), 'authenticated', 'authenticated', 'user' || n || '@example.com', now() from generate_series(1, 20) n;

insert into oneai.conversations (workspace_id, user_id, title, model)
select id, id, 'Weather – मौसम', 'openai/gpt-4.1-mini' from oneai.users, generate_series(1, 5);

insert into oneai.chat_messages (conversation_id, user_id, role, content, model_id, sequence_number, is_chosen, usage)
select c.id, c.user_id, case when n % 2 = 1 then 'user' else 'assistant' end,
  repeat('When does the monsoon come? मानसून कब आता है? ' || E'\\ \t "quoted"\n', 20), c.model, n, n <= 2, '{"total_tokens": 420}'
from oneai.conversations c, generate_series(1, 6) n;

insert into oneai.usage_events
  (workspace_id, user_id, conversation_id, message_id, purpose, outcome, subscription_tier, charged, model_asked, cost_micro_usd,
   price_version)
select user_id, user_id, conversation_id, id, 'answer', 'complete', 'pro', 1, model_id, 1234, 'sample'
from oneai.chat_messages where role = 'assistant';

update oneai.usage_quotas set used = 3;

insert into oneai.subscriptions (workspace_id, plan_id, status, payment_provider, provider_subscription_id, period, currency, amount)
select id, 'pro', 'active', 'razorpay', 'sub_' || left(id::text, 8), 'monthly', 'INR', 79900 from oneai.workspaces;

insert into oneai.payments
  (workspace_id, subscription_id, payment_provider, provider_payment_id, amount, currency, status, captured_at)
select workspace_id, id, 'razorpay', 'pay_' || left(id::text, 8), amount, currency, 'captured', now() from oneai.subscriptions;

insert into oneai.refunds (payment_id, payment_provider, provider_refund_id, amount, status, refunded_at)
select id, payment_provider, 'rfnd_' || left(id::text, 8), 39950, 'processed', now() from oneai.payments limit 5;

insert into oneai.invoice_series (kind, financial_year, last_number) values ('invoice', '2627', 20)
on conflict (kind, financial_year) do update set last_number = excluded.last_number;
