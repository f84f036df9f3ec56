-- Prices, subscriptions, and their history. Amounts are in the currency's smallest unit.
--
-- Facts are what the provider reported, in any order: events, the newest snapshot of a subscription, payments, refunds,
-- disputes, lifecycle events. The projection follows from them: status, period, tier, quotas, history. It is computed
-- from all facts of a workspace at once (oneai/billing/projection/), so that the order of arrival does not matter.

-- Every price that was ever sold. Plans are immutable at the provider: a new price is a new row with a new plan.
create table oneai.prices (
  payment_provider text not null,
  provider_plan_id text not null,
  tier text not null,
  "period" text not null check ("period" in ('monthly', 'yearly')),
  currency text not null check (currency in ('INR', 'USD', 'IDR')),
  -- The charge of each period, including tax.
  amount bigint not null check (amount > 0),
  created_at timestamptz not null default oneai.now(),
  primary key (payment_provider, provider_plan_id),
  unique (payment_provider, provider_plan_id, tier, "period", currency)
);

alter table oneai.prices enable row level security;
revoke all on oneai.prices from anon, authenticated, service_role;

-- Stores a price; false if its plan at the provider, which never changes, has another one.
create function oneai.remember_price(
  p_provider text, p_plan text, p_tier text, p_period text, p_currency text, p_amount bigint
) returns boolean
language sql security definer set search_path = ''
as $$
  insert into oneai.prices (payment_provider, provider_plan_id, tier, period, currency, amount)
  values (p_provider, p_plan, p_tier, p_period, p_currency, p_amount)
  on conflict (payment_provider, provider_plan_id) do nothing;
  select (k.tier, k.period, k.currency, k.amount) = (p_tier, p_period, p_currency, p_amount)
  from oneai.prices as k where k.payment_provider = p_provider and k.provider_plan_id = p_plan
$$;
revoke execute on function oneai.remember_price from public;

-- What is sold now: at most one price for each plan, period and currency of a provider. Operators' commands write it
-- (ops/razorpay_plans.py). The catalogue has the listed prices that are not here.
create table oneai.price_list (
  payment_provider text not null,
  tier text not null,
  "period" text not null check ("period" in ('monthly', 'yearly')),
  currency text not null check (currency in ('INR', 'USD', 'IDR')),
  -- The price in the list of plans; 0: not sold.
  listed bigint not null check (listed >= 0),
  -- The provider's plan, which has the charge.
  provider_plan_id text check ((provider_plan_id is null) = (listed = 0)),
  changed_at timestamptz not null default oneai.now(),
  primary key (payment_provider, tier, "period", currency),
  foreign key (payment_provider, provider_plan_id, tier, "period", currency)
    references oneai.prices (payment_provider, provider_plan_id, tier, "period", currency)
);

alter table oneai.price_list enable row level security;
revoke all on oneai.price_list from anon, authenticated, service_role;

-- Every row, with the charge of its plan.
create function oneai.read_price_list() returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('provider', l.payment_provider, 'tier', l.tier, 'period', l.period,
    'currency', l.currency, 'listed', l.listed, 'plan_ref', l.provider_plan_id, 'amount', k.amount)), '[]')
  from oneai.price_list as l left join oneai.prices as k using (payment_provider, provider_plan_id)
$$;
revoke execute on function oneai.read_price_list from public;
grant execute on function oneai.read_price_list to oneai_app;

-- Sets a price; false if its plan at the provider has another one. p_listed 0: it is not sold any more. For operators.
create function oneai.set_price(
  p_provider text, p_tier text, p_period text, p_currency text, p_listed bigint, p_plan text, p_amount bigint
) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  if p_listed > 0 and not oneai.remember_price(p_provider, p_plan, p_tier, p_period, p_currency, p_amount) then
    return false;
  end if;
  insert into oneai.price_list (payment_provider, tier, period, currency, listed, provider_plan_id)
  values (p_provider, p_tier, p_period, p_currency, p_listed, p_plan)
  on conflict (payment_provider, tier, period, currency)
  do update set listed = excluded.listed, provider_plan_id = excluded.provider_plan_id, changed_at = oneai.now();
  return true;
end
$$;
revoke execute on function oneai.set_price from public;

-- Whether this plan of the provider is sold now, at this charge.
create function oneai.is_on_sale(
  p_provider text, p_plan text, p_tier text, p_period text, p_currency text, p_amount bigint
) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from oneai.price_list as l join oneai.prices as k using (payment_provider, provider_plan_id)
    where l.payment_provider = p_provider and l.provider_plan_id = p_plan and l.listed > 0
      and (l.tier, l.period, l.currency, k.amount) = (p_tier, p_period, p_currency, p_amount))
$$;
revoke execute on function oneai.is_on_sale from public;

create table oneai.subscriptions (
  id uuid primary key default gen_random_uuid(),
  -- Null for an erased workspace: the subscription and its times are stored, but not whose it was.
  workspace_id uuid references oneai.workspaces (id) on delete set null,
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
  -- How many payment pages were opened for its periods, at a provider where each page is paid once.
  pages integer not null default 0,
  "period" text check ("period" in ('monthly', 'yearly')),
  currency text check (currency in ('INR', 'USD', 'IDR')),
  amount bigint check (amount > 0),
  quantity integer not null default 1 check (quantity > 0),
  provider_plan_id text,
  offer_id text,
  -- The payment page, and until when it is valid, while it is unpaid.
  short_url text,
  expires_at timestamptz,
  -- The first charge, if it is later: after a trial, or after the subscription that this one replaces.
  start_at timestamptz,
  replaces uuid references oneai.subscriptions (id),
  -- Ended immediately, by request or because a newer one replaced it: nothing is granted from then on.
  access_ends_at timestamptz,
  -- While a charge that failed is not paid: when access ends without it.
  grace_ends_at timestamptz,
  cancel_reason text check (length(cancel_reason) <= 500),
  -- The newest snapshot (oneai/billing/facts.py), and its rank among snapshots.
  snapshot jsonb,
  snapshot_rank text,
  -- The mandate's instrument, since when it is known, and when the mandate was stored.
  mandate_instrument_hash bytea,
  mandate_instrument_at timestamptz,
  mandate_noted_at timestamptz,
  -- When time alone will change the projection, or an event of the provider is overdue.
  next_sync_at timestamptz,
  -- When a newer one replaced it, computed from payments; `access_ends_at` is what was requested.
  superseded_at timestamptz,
  -- Until then one request creates it at the provider; others for the same checkout wait.
  checkout_locked_until timestamptz,
  -- Cancelled before any payment was known.
  checkout_cancelled_at timestamptz,
  -- When the job last fetched it from the provider.
  last_synced_at timestamptz,
  -- When its end was last requested because its workspace or account is closed, or the sign-in was deleted.
  account_closed_at timestamptz,
  -- The user whose instrument is debited, and when they stopped being an owner of the team: nothing is debited after that.
  holder_id uuid,
  holder_gone_at timestamptz,
  -- The country of the billing address when it was opened, and that of the request's network, if it is known.
  billing_country text,
  network_country text,
  -- When the user ended it immediately: earlier payments are refunded by the rule, even if they become known later.
  ended_by_user_at timestamptz,
  -- Of what this returns, the user chose credits for the part that cannot go back to where it came from.
  rest_as_credits boolean not null default false,
  unique (payment_provider, provider_subscription_id)
);
create index subscriptions_of_holder on oneai.subscriptions (holder_id) where holder_id is not null;
create index subscriptions_of_workspace on oneai.subscriptions (workspace_id, status);
create index subscriptions_by_creation on oneai.subscriptions (created_at, id);
create index subscriptions_by_status on oneai.subscriptions (status, created_at, id);
create index subscriptions_by_period_end on oneai.subscriptions (current_period_end) where status = 'active';
create index subscriptions_to_look_at on oneai.subscriptions (next_sync_at) where next_sync_at is not null;
-- One open, unpaid subscription per workspace, replacement or not; a cancelled checkout does not count.
create unique index subscriptions_open on oneai.subscriptions (workspace_id)
  where status = 'none' and cancelled_at is null and access_ends_at is null;
create index subscriptions_by_replaced on oneai.subscriptions (replaces) where replaces is not null;
create index subscriptions_unpaid on oneai.subscriptions (created_at) where status = 'none' and cancelled_at is null;
create index subscriptions_ended on oneai.subscriptions (cancelled_at) where status = 'cancelled';
create index subscriptions_unheard on oneai.subscriptions (created_at) where provider_subscription_id is null;

alter table oneai.subscriptions enable row level security;
create policy "members see the subscriptions" on oneai.subscriptions
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
create policy "service" on oneai.subscriptions to oneai_service using (true) with check (true);
revoke all on oneai.subscriptions from anon, authenticated, service_role;
grant select on oneai.subscriptions to authenticated;
grant select, insert, update on oneai.subscriptions to oneai_service;

alter table oneai.workspaces add foreign key (subscription_id) references oneai.subscriptions (id);

create table oneai.subscription_history (
  id bigint generated always as identity primary key,
  workspace_id uuid,
  old_tier text,
  new_tier text not null,
  change_reason text not null check (change_reason in (
    'new_subscription', 'upgrade', 'downgrade', 'renewal', 'payment_failure', 'recovery', 'cancellation',
    'refund', 'pause', 'resume', 'reconciliation', 'system')),
  changed_at timestamptz not null default oneai.now(),
  metadata jsonb not null default '{}',
  -- History follows from facts too: a late fact corrects the entry with the same cause.
  subscription_id uuid,
  cause text
);
create index subscription_history_of_workspace on oneai.subscription_history (workspace_id, changed_at);
create unique index subscription_history_by_cause on oneai.subscription_history (workspace_id, cause);
create index subscription_history_by_time on oneai.subscription_history (changed_at);

alter table oneai.subscription_history enable row level security;
create policy "members see the history" on oneai.subscription_history
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
create policy "service" on oneai.subscription_history to oneai_service using (true) with check (true);
revoke all on oneai.subscription_history from anon, authenticated, service_role;
grant select on oneai.subscription_history to authenticated;
grant select, insert on oneai.subscription_history to oneai_service;

-- Reported events that are not in a snapshot. `at` is the provider's time.
create table oneai.lifecycle_events (
  subscription_id uuid not null references oneai.subscriptions (id) on delete cascade,
  kind text not null check (kind in ('paused', 'resumed', 'attempt_failed', 'halted')),
  at timestamptz not null,
  detail jsonb not null default '{}',
  primary key (subscription_id, kind, at)
);

alter table oneai.lifecycle_events enable row level security;
revoke all on oneai.lifecycle_events from anon, authenticated, service_role;

-- A trial is once per person and per instrument, over all workspaces: `user_id` had it, `workspace_id` uses it.
create table oneai.trials (
  user_id uuid primary key,
  workspace_id uuid not null unique,
  instrument_hash bytea unique,
  subscription_id uuid not null,
  started_at timestamptz not null
);

alter table oneai.trials enable row level security;
revoke all on oneai.trials from anon, authenticated, service_role;

-- The workspace's subscription that can be changed, paused or cancelled; all null if there is none.
create function oneai.manageable_subscription(p_workspace uuid) returns oneai.subscriptions
language sql stable security definer set search_path = ''
as $$
  select s.* from oneai.subscriptions as s join oneai.workspaces as w on w.id = s.workspace_id
  where s.workspace_id = p_workspace and s.access_ends_at is null
    and s.status in ('trial', 'active', 'past_due', 'unpaid', 'paused')
  order by coalesce(s.id = w.subscription_id, false) desc, s.created_at desc limit 1
$$;
revoke execute on function oneai.manageable_subscription from public;
grant execute on function oneai.manageable_subscription to oneai_service;

-- Whether its first period is paid, and starts later.
create function oneai.is_paid_ahead(s oneai.subscriptions) returns boolean
language sql stable
as $$ select s.status = 'active' and s.access_ends_at is null and coalesce(s.start_at > oneai.now(), false) $$;
revoke execute on function oneai.is_paid_ahead from public;

-- Until when a subscription gives its plan without further payments; null if that is in the past.
create function oneai.paid_through(s oneai.subscriptions) returns timestamptz
language sql stable
as $$
  select ends from (select case s.status
    when 'unpaid' then null
    when 'trial' then coalesce(s.current_period_end, s.start_at)
    else s.current_period_end end as ends) as e
  where ends > oneai.now()
$$;
revoke execute on function oneai.paid_through from public;
grant execute on function oneai.paid_through to oneai_service;
