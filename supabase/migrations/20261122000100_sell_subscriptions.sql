-- What subscriptions cost, what the payment provider told of them, and what follows from it.
--
-- Facts are what the provider said, whenever it arrives: events, the newest snapshot of a subscription, payments,
-- refunds, disputes, marks. Standings are what follows: status, period, tier, quotas, history. They are computed from
-- all facts of a person at once (oneai/billing/standing.py), so that the order of arrival cannot matter.

-- Every price that was ever sold. Plans are immutable at the provider: a new price is a new row with a new plan.
create table oneai.prices (
  payment_provider text not null,
  provider_plan_id text not null,
  tier text not null,
  "period" text not null check ("period" in ('monthly', 'yearly')),
  currency text not null check (currency in ('INR', 'USD')),
  -- What is charged each period, tax included.
  amount bigint not null check (amount > 0),
  created_at timestamptz not null default oneai.now(),
  primary key (payment_provider, provider_plan_id)
);

alter table oneai.subscriptions
  add column "period" text check ("period" in ('monthly', 'yearly')),
  add column currency text check (currency in ('INR', 'USD')),
  add column amount bigint check (amount > 0),
  add column quantity integer not null default 1 check (quantity > 0),
  add column provider_plan_id text,
  add column offer_id text,
  -- Where it can be paid, and until when while nobody has.
  add column short_url text,
  add column expires_at timestamptz,
  -- The first charge, where that is not at once: after a trial, or after the one that this replaces.
  add column start_at timestamptz,
  add column replaces uuid references oneai.subscriptions (id),
  -- Ended at once, by request or because a newer one took its place: nothing is granted from then on.
  add column access_ends_at timestamptz,
  add column cancel_reason text check (length(cancel_reason) <= 500),
  -- The newest snapshot (oneai/billing/facts.py), and its place in the order of snapshots.
  add column snapshot jsonb,
  add column snapshot_rank text,
  -- What the mandate was given for, since when that is known, and when it was stored that there is a mandate.
  add column mandate_instrument_hash bytea,
  add column mandate_instrument_at timestamptz,
  add column mandate_noted_at timestamptz,
  -- When time alone will change what follows, or the provider should have spoken by.
  add column next_look_at timestamptz;
create index subscriptions_to_look_at on oneai.subscriptions (next_look_at) where next_look_at is not null;
-- One open, unpaid subscription a person: `create` gives it again instead of making two.
create unique index subscriptions_open on oneai.subscriptions (user_id)
  where status = 'none' and cancelled_at is null and replaces is null;

alter table oneai.users
  -- The subscription that `GET /subscription` shows.
  add column subscription_id uuid references oneai.subscriptions (id),
  -- Since when use counts against the plan's quotas, if not since their windows began; and where their grid of three
  -- hours begins. Both follow from payments.
  add column quota_since timestamptz,
  add column quota_anchor timestamptz;

-- History follows from facts too: an entry that a late fact makes wrong is corrected, known by its cause.
alter table oneai.subscription_history
  add column subscription_id uuid,
  add column cause text;
create unique index subscription_history_by_cause on oneai.subscription_history (user_id, cause);

-- Things the provider tells that a snapshot does not keep. `at` is the provider's.
create table oneai.subscription_marks (
  subscription_id uuid not null references oneai.subscriptions (id) on delete cascade,
  kind text not null check (kind in ('paused', 'resumed', 'attempt_failed', 'halted')),
  at timestamptz not null,
  detail jsonb not null default '{}',
  primary key (subscription_id, kind, at)
);

alter table oneai.payments
  add column invoice_ref text,
  add column order_ref text,
  add column method text,
  add column period_start timestamptz,
  add column period_end timestamptz,
  -- The provider's invoice says it best; else the subscription as it was when it was charged.
  add column period_from text check (period_from in ('invoice', 'subscription')),
  add column tier text,
  add column invoiced_amount bigint,
  add column invoiced_currency text,
  -- Kinds of the invoice's lines beside the plan's: add-ons, prorations.
  add column invoiced_extras text[] not null default '{}',
  -- Not explained by what was sold: no access, and operators are told.
  add column quarantined_at timestamptz,
  add column released_at timestamptz;
create index payments_of_subscription on oneai.payments (subscription_id, captured_at);
create index payments_by_invoice on oneai.payments (payment_provider, invoice_ref);

create table oneai.refunds (
  id uuid primary key default gen_random_uuid(),
  payment_id uuid not null references oneai.payments (id),
  payment_provider text not null,
  provider_refund_id text not null,
  amount bigint not null check (amount > 0),
  status text not null check (status in ('pending', 'processed', 'failed')),
  refunded_at timestamptz not null,
  created_at timestamptz not null default oneai.now(),
  unique (payment_provider, provider_refund_id)
);
create index refunds_of_payment on oneai.refunds (payment_id);

create table oneai.disputes (
  payment_id uuid not null references oneai.payments (id),
  payment_provider text not null,
  provider_dispute_id text not null,
  status text not null check (status in ('open', 'under_review', 'action_required', 'won', 'lost', 'closed')),
  at timestamptz not null,
  primary key (payment_provider, provider_dispute_id)
);
create index disputes_of_payment on oneai.disputes (payment_id);

-- An instrument has one trial, whoever uses it.
create table oneai.trials (
  user_id uuid primary key,
  instrument_hash bytea unique,
  subscription_id uuid not null,
  started_at timestamptz not null
);

-- What the provider sent, as it sent it. Stored and committed before anything is made of it.
create table oneai.provider_events (
  payment_provider text not null,
  event_id text not null,
  kind text not null,
  body bytea not null,
  received_at timestamptz not null default oneai.now(),
  -- `unapplied`: to be tried again; `stored`: nothing to do with it (yet): of a kind or a subscription nobody knows.
  state text not null default 'unapplied' check (state in ('unapplied', 'stored', 'applied')),
  applied_at timestamptz,
  attempts integer not null default 0,
  problem text,
  -- Since when it is known that we cannot read it: trying again changes nothing until our code does.
  unreadable_at timestamptz,
  -- What it speaks of, so that what arrived too early is found when the rest is known.
  subscription_ref text,
  payment_ref text,
  invoice_ref text,
  primary key (payment_provider, event_id)
);
create index provider_events_unapplied on oneai.provider_events (received_at) where state = 'unapplied';
create index provider_events_by_subscription on oneai.provider_events (subscription_ref) where state = 'stored';
create index provider_events_by_payment on oneai.provider_events (payment_ref) where state = 'stored';
create index provider_events_by_invoice on oneai.provider_events (invoice_ref) where state = 'stored';
create index provider_events_by_time on oneai.provider_events (received_at);

-- What the provider is to be told, once, when it is due: a call's id is its idempotency key there.
create table oneai.provider_calls (
  id uuid primary key default gen_random_uuid(),
  cause text not null unique,
  kind text not null check (kind in ('cancel', 'cancel_at_period_end', 'refund')),
  subscription_id uuid not null references oneai.subscriptions (id),
  payment_id uuid references oneai.payments (id),
  -- Of a refund; null: what oneai.refund_due says of the moment `as_of`.
  amount bigint check (amount > 0),
  as_of timestamptz,
  reason text not null check (reason in (
    'requested', 'replaced', 'duplicate', 'slipped_through', 'erased', 'operator')),
  state text not null default 'waiting' check (state in ('waiting', 'done', 'withdrawn', 'failed')),
  due_at timestamptz not null default oneai.now(),
  -- Whoever makes the call holds it until then.
  held_until timestamptz,
  -- From then on the provider may know of it, whatever was heard of its answer.
  told_at timestamptz,
  attempts integer not null default 0,
  problem text,
  created_at timestamptz not null default oneai.now(),
  done_at timestamptz,
  check ((kind = 'refund') = (payment_id is not null))
);
create index provider_calls_due on oneai.provider_calls (due_at) where state = 'waiting';
create index provider_calls_of_subscription on oneai.provider_calls (subscription_id);

-- Plans that operators give without payment.
create table oneai.plan_grants (
  id bigint generated always as identity primary key,
  user_id uuid not null references oneai.users (id) on delete cascade,
  tier text not null,
  granted_at timestamptz not null default oneai.now(),
  until timestamptz not null default 'infinity',
  revoked_at timestamptz,
  reason text not null check (reason <> '')
);
create index plan_grants_of_person on oneai.plan_grants (user_id);

create table oneai.billing_details (
  user_id uuid primary key references oneai.users (id) on delete cascade,
  legal_name text not null,
  address text not null,
  state text not null,
  country text not null,
  gstin text,
  updated_at timestamptz not null default oneai.now()
);

-- Numbers without a gap: the row of a series is locked by whoever takes the next.
create table oneai.invoice_series (
  kind text not null check (kind in ('invoice', 'credit_note')),
  -- `2627`: April 2026 to March 2027, Indian time.
  financial_year text not null,
  last_number integer not null,
  primary key (kind, financial_year)
);

-- Documents as they were issued; they stay for as long as the law wants, whatever becomes of the person.
create table oneai.invoices (
  id uuid primary key default gen_random_uuid(),
  user_id uuid,
  kind text not null check (kind in ('invoice', 'credit_note')),
  number text not null unique check (length(number) <= 16),
  payment_id uuid not null references oneai.payments (id),
  refund_id uuid references oneai.refunds (id),
  -- The invoice a credit note corrects.
  corrects uuid references oneai.invoices (id),
  issued_at timestamptz not null default oneai.now(),
  currency text not null check (currency in ('INR', 'USD')),
  -- In the currency's smallest unit: total = taxable + cgst + sgst + igst.
  total bigint not null,
  taxable bigint not null,
  cgst bigint not null default 0,
  sgst bigint not null default 0,
  igst bigint not null default 0,
  -- In hundredths of a percent: 1800 is 18 %.
  tax_rate integer not null,
  sac text not null,
  place_of_supply text not null,
  description text not null,
  period_start timestamptz,
  period_end timestamptz,
  seller jsonb not null,
  buyer jsonb not null,
  check (total = taxable + cgst + sgst + igst)
);
create unique index invoices_one_per_payment on oneai.invoices (payment_id) where kind = 'invoice';
create unique index invoices_one_per_refund on oneai.invoices (refund_id) where kind = 'credit_note';
create index invoices_of_person on oneai.invoices (user_id, issued_at);

alter table oneai.operator_alerts drop constraint operator_alerts_kind_check;
alter table oneai.operator_alerts add constraint operator_alerts_kind_check check (kind in (
  'openrouter_key_refused', 'openrouter_credit_exhausted', 'reservation_lapsed',
  'spend_limit_near', 'spend_limit_reached', 'signup_incomplete', 'share_reported',
  'mail_outcome_unknown', 'mail_failed', 'mail_refused', 'unusual_use', 'cost_drift',
  'webhook_unapplied', 'payment_quarantined', 'payment_disputed', 'payment_refunded', 'provider_call_failed',
  'two_subscriptions', 'payment_slipped_through', 'provider_refused'));

alter table oneai.prices enable row level security;
alter table oneai.subscription_marks enable row level security;
alter table oneai.refunds enable row level security;
alter table oneai.disputes enable row level security;
alter table oneai.trials enable row level security;
alter table oneai.provider_events enable row level security;
alter table oneai.provider_calls enable row level security;
alter table oneai.plan_grants enable row level security;
alter table oneai.billing_details enable row level security;
alter table oneai.invoice_series enable row level security;
alter table oneai.invoices enable row level security;

create policy "service" on oneai.refunds to oneai_service using (true) with check (true);
create policy "service" on oneai.disputes to oneai_service using (true) with check (true);
create policy "service" on oneai.provider_events to oneai_service using (true) with check (true);
create policy "service" on oneai.provider_calls to oneai_service using (true) with check (true);
create policy "people see their billing details" on oneai.billing_details
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "people see their invoices" on oneai.invoices
  for select to authenticated using ((select auth.uid()) = user_id);

revoke all on oneai.prices, oneai.subscription_marks, oneai.refunds, oneai.disputes, oneai.trials,
  oneai.provider_events, oneai.provider_calls, oneai.plan_grants, oneai.billing_details, oneai.invoice_series,
  oneai.invoices from anon, authenticated, service_role;
grant select on oneai.billing_details, oneai.invoices to authenticated;
-- All of these are written by functions. Margins are read of refunds and disputes; what is over is removed by the service.
grant select on oneai.refunds, oneai.disputes, oneai.provider_calls to oneai_service;
grant select, update, delete on oneai.provider_events to oneai_service;

-- Whom a person's invoices are made out to from now on; false for somebody who is not there.
create function oneai.put_billing_details(
  p_user uuid, p_legal_name text, p_address text, p_state text, p_country text, p_gstin text
) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  if not exists (select from oneai.users where id = p_user) then
    perform oneai.add_person(p_user);
    if not exists (select from oneai.users where id = p_user) then
      return false;
    end if;
  end if;
  insert into oneai.billing_details as d (user_id, legal_name, address, state, country, gstin)
  values (p_user, p_legal_name, p_address, p_state, p_country, p_gstin)
  on conflict (user_id) do update set legal_name = p_legal_name, address = p_address, state = p_state,
    country = p_country, gstin = p_gstin, updated_at = oneai.now();
  return true;
end
$$;
revoke execute on function oneai.put_billing_details(uuid, text, text, text, text, text) from public;
grant execute on function oneai.put_billing_details(uuid, text, text, text, text, text) to oneai_app;
