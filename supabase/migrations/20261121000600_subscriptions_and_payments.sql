-- Subscriptions, how they changed, and what was paid. Amounts are in the currency's smallest unit.
create table oneai.subscriptions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references oneai.users (id),
  plan_id text not null,
  status text not null
    check (status in ('none', 'trial', 'active', 'past_due', 'unpaid', 'paused', 'cancelled')),
  payment_provider text not null,
  provider_subscription_id text,
  current_period_start timestamptz,
  current_period_end timestamptz,
  cancel_requested_at timestamptz,
  cancelled_at timestamptz,
  trial_start timestamptz,
  trial_end timestamptz,
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  metadata jsonb not null default '{}',
  unique (payment_provider, provider_subscription_id)
);
create index subscriptions_of_person on oneai.subscriptions (user_id, status);
create index subscriptions_by_period_end on oneai.subscriptions (current_period_end) where status = 'active';

create table oneai.subscription_history (
  id bigint generated always as identity primary key,
  user_id uuid not null,
  old_tier text,
  new_tier text not null,
  change_reason text not null check (change_reason in (
    'new_subscription', 'upgrade', 'downgrade', 'renewal', 'payment_failure', 'recovery', 'cancellation',
    'refund', 'pause', 'resume', 'reconciliation', 'system')),
  changed_at timestamptz not null default oneai.now(),
  metadata jsonb not null default '{}'
);
create index subscription_history_of_person on oneai.subscription_history (user_id, changed_at);

create table oneai.payments (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null,
  subscription_id uuid references oneai.subscriptions (id),
  payment_provider text not null,
  provider_payment_id text not null,
  amount bigint not null check (amount >= 0),
  amount_refunded bigint not null default 0 check (amount_refunded between 0 and amount),
  currency text not null check (currency in ('INR', 'USD')),
  status text not null check (status in ('authorized', 'captured', 'failed', 'refunded', 'disputed')),
  captured_at timestamptz,
  created_at timestamptz not null default oneai.now(),
  metadata jsonb not null default '{}',
  unique (payment_provider, provider_payment_id)
);
create index payments_of_person on oneai.payments (user_id, created_at);

alter table oneai.subscriptions enable row level security;
alter table oneai.subscription_history enable row level security;
alter table oneai.payments enable row level security;

create policy "people see their subscriptions" on oneai.subscriptions
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.subscriptions to oneai_service using (true) with check (true);
create policy "people see their history" on oneai.subscription_history
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.subscription_history to oneai_service using (true) with check (true);
create policy "people see their payments" on oneai.payments
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.payments to oneai_service using (true) with check (true);

revoke all on oneai.subscriptions, oneai.subscription_history, oneai.payments from anon, authenticated, service_role;
grant select on oneai.subscriptions, oneai.subscription_history, oneai.payments to authenticated;
grant select, insert, update on oneai.subscriptions, oneai.payments to oneai_service;
grant select, insert on oneai.subscription_history to oneai_service;
