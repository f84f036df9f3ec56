-- Orders, payments, refunds and disputes. Amounts are in the currency's smallest unit.

-- One-off purchases without a subscription; their payments grant nothing by themselves.
create table oneai.orders (
  id uuid primary key,
  -- Null for an erased workspace.
  workspace_id uuid references oneai.workspaces (id) on delete set null,
  payment_provider text not null,
  provider_order_id text not null,
  -- Null until the provider's order is known, because its payment may be known before.
  amount bigint check (amount >= 0),
  currency text check (currency ~ '^[A-Z]{3}$'),
  -- What was ordered, as on its invoice.
  description text,
  -- The provider's page to pay it, if it has one.
  page_url text,
  created_at timestamptz not null default oneai.now(),
  -- When to fetch it from the provider, because it is not completely known, or a refund may have come without an event.
  next_sync_at timestamptz,
  unique (payment_provider, provider_order_id)
);
create index orders_of_workspace on oneai.orders (workspace_id);
create index orders_to_sync on oneai.orders (next_sync_at) where next_sync_at is not null;

alter table oneai.orders enable row level security;
create policy "members see the orders" on oneai.orders
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
create policy "service" on oneai.orders to oneai_service using (true) with check (true);
revoke all on oneai.orders from anon, authenticated, service_role;
grant select on oneai.orders to authenticated;
grant select on oneai.orders to oneai_service;

create table oneai.payments (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null,
  -- What it pays for: a period of a subscription, or an order.
  subscription_id uuid references oneai.subscriptions (id),
  order_id uuid references oneai.orders (id),
  payment_provider text not null,
  provider_payment_id text not null,
  amount bigint not null check (amount >= 0),
  amount_refunded bigint not null default 0 check (amount_refunded between 0 and amount),
  -- A payment in a currency without prices is quarantined, not lost.
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  status text not null check (status in ('authorized', 'captured', 'failed', 'refunded', 'disputed')),
  captured_at timestamptz,
  created_at timestamptz not null default oneai.now(),
  metadata jsonb not null default '{}',
  invoice_ref text,
  order_ref text,
  method text,
  period_start timestamptz,
  period_end timestamptz,
  -- The provider's invoice is the best source; else the subscription as it was when it was charged.
  period_from text check (period_from in ('invoice', 'subscription')),
  tier text,
  invoiced_amount bigint,
  invoiced_currency text,
  -- Kinds of the invoice's lines besides the plan's: add-ons, prorations.
  invoiced_extras text[] not null default '{}',
  -- Of the payment of an order, hashed.
  instrument_hash bytea,
  -- Where its card, account or wallet is from: a code, or what it is not (oneai/countries.py).
  country text,
  -- What the provider kept for itself, in the payment's currency, if it says so.
  fee bigint check (fee >= 0),
  -- When the provider denied it. One that was captured came back then.
  denied_at timestamptz,
  -- Matches nothing that was sold: it gives no access, and operators are alerted.
  quarantined_at timestamptz,
  released_at timestamptz,
  unique (payment_provider, provider_payment_id),
  check (subscription_id is null or order_id is null)
);
create index payments_of_workspace on oneai.payments (workspace_id, created_at);
create index payments_by_creation on oneai.payments (created_at, id);
create index payments_quarantined on oneai.payments (created_at, id)
  where quarantined_at is not null and released_at is null;
create index payments_of_subscription on oneai.payments (subscription_id, captured_at);
create index payments_of_order on oneai.payments (order_id) where order_id is not null;
create index payments_by_capture on oneai.payments (captured_at) where captured_at is not null;
create index payments_by_invoice on oneai.payments (payment_provider, invoice_ref);

alter table oneai.payments enable row level security;
create policy "members see the payments" on oneai.payments
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
create policy "service" on oneai.payments to oneai_service using (true) with check (true);
revoke all on oneai.payments from anon, authenticated, service_role;
grant select on oneai.payments to authenticated;
grant select, insert, update on oneai.payments to oneai_service;

create table oneai.refunds (
  id uuid primary key default gen_random_uuid(),
  payment_id uuid not null references oneai.payments (id),
  payment_provider text not null,
  provider_refund_id text not null,
  amount bigint not null check (amount > 0),
  status text not null check (status in ('pending', 'processed', 'failed')),
  refunded_at timestamptz not null,
  created_at timestamptz not null default oneai.now(),
  -- Our operation, from the refund's notes at the provider; null for one that we did not request.
  operation_id uuid,
  -- It has failed for good, also if it was processed before.
  returned boolean not null default false,
  unique (payment_provider, provider_refund_id)
);
create index refunds_of_payment on oneai.refunds (payment_id);
create index refunds_by_time on oneai.refunds (refunded_at);

alter table oneai.refunds enable row level security;
create policy "service" on oneai.refunds to oneai_service using (true) with check (true);
revoke all on oneai.refunds from anon, authenticated, service_role;
-- Written by functions; margins are computed from it.
grant select on oneai.refunds to oneai_service;

create table oneai.disputes (
  payment_id uuid not null references oneai.payments (id),
  payment_provider text not null,
  provider_dispute_id text not null,
  status text not null check (status in ('open', 'under_review', 'action_required', 'won', 'lost', 'closed')),
  at timestamptz not null,
  primary key (payment_provider, provider_dispute_id)
);
create index disputes_of_payment on oneai.disputes (payment_id);
create index disputes_by_time on oneai.disputes (at);

alter table oneai.disputes enable row level security;
create policy "service" on oneai.disputes to oneai_service using (true) with check (true);
revoke all on oneai.disputes from anon, authenticated, service_role;
-- Written by functions; margins are computed from it.
grant select on oneai.disputes to oneai_service;
