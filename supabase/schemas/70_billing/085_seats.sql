-- Seats that are added within a paid period: a one-off order pays for the rest of it. What a paid order brings is computed
-- from its captured payment (oneai/billing/projection/added_seats.py).

create table oneai.seat_orders (
  id uuid primary key default gen_random_uuid(),
  -- Null for an erased workspace.
  workspace_id uuid references oneai.workspaces (id) on delete set null,
  subscription_id uuid not null references oneai.subscriptions (id),
  payment_provider text not null,
  -- Null until the provider has the order.
  provider_order_id text,
  -- The provider's payment page, where it has one for an order.
  page_url text,
  -- How many seats are added, and their price for the rest of the period in the currency's smallest unit.
  seats integer not null check (seats > 0),
  amount bigint not null check (amount > 0),
  currency text not null check (currency in ('INR', 'USD', 'IDR')),
  -- The seats are paid for from quoted_at to period_end. A payment after expires_at buys nothing and is refunded.
  quoted_at timestamptz not null,
  period_start timestamptz not null,
  period_end timestamptz not null,
  expires_at timestamptz not null,
  unique (payment_provider, provider_order_id)
);
create index seat_orders_of_workspace on oneai.seat_orders (workspace_id, quoted_at);
create index seat_orders_of_subscription on oneai.seat_orders (subscription_id);

alter table oneai.seat_orders enable row level security;
create policy "service" on oneai.seat_orders to oneai_service using (true) with check (true);
revoke all on oneai.seat_orders from anon, authenticated, service_role;
grant select on oneai.seat_orders to oneai_service;

-- What it costs to have p_seats from now to the end of the paid period: {subscription_id, seats_now, added, amount,
-- currency, quoted_at, period_start, period_end}. The price of the rest is rounded up; the provider's minimum is one rupee
-- or one dollar. `added` is 0 or less where that many seats are paid for. Raises ON409 subscription_not_changeable without a
-- running paid period, and while an offer covers the seats: the larger of both numbers counts, so added seats would bring
-- nothing.
create function oneai.quote_seats(p_workspace uuid, p_seats integer) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  -- The provider counts in seconds.
  at constant timestamptz := date_trunc('second', oneai.now());
  paid constant oneai.subscriptions := oneai.manageable_subscription(p_workspace);
  seats_now integer;
  covered_until timestamptz;
begin
  seats_now := (select w.seats from oneai.workspaces as w where w.id = p_workspace);
  if paid.id is null or paid.status <> 'active' or not exists (
    select from oneai.payments as p where p.subscription_id = paid.id and p.captured_at is not null)
    or (paid.current_period_start <= at and at < paid.current_period_end) is not true
  then
    raise exception using errcode = 'ON409', message = 'subscription_not_changeable',
      detail = '{"refusal": {"code": "no_paid_period"}}';
  end if;
  select max(o.period_end) into covered_until from oneai.offers as o
  where o.workspace_id = p_workspace and o.paid_at is not null and o.period_start <= at and at < o.period_end
    and o.seats >= seats_now;
  if covered_until is not null and p_seats > seats_now then
    raise exception using errcode = 'ON409', message = 'subscription_not_changeable', detail = json_build_object(
      'refusal', json_build_object(
        'code', 'seats_of_offer', 'seats', seats_now, 'until', to_char(covered_until at time zone 'UTC', 'YYYY-MM-DD')));
  end if;
  return jsonb_build_object('subscription_id', paid.id, 'seats_now', seats_now, 'added', p_seats - seats_now,
    'amount', greatest(ceil(paid.amount * greatest(p_seats - seats_now, 0)
      * extract(epoch from paid.current_period_end - at)
      / extract(epoch from paid.current_period_end - paid.current_period_start)), 100)::bigint,
    'currency', paid.currency, 'quoted_at', at, 'period_start', paid.current_period_start,
    'period_end', paid.current_period_end);
end
$$;
revoke execute on function oneai.quote_seats from public;
grant execute on function oneai.quote_seats to oneai_app;

-- The open order for the seats that are missing to p_request.seats, created if there is none; the workspace's other open
-- order expires now. p_request: seats, confirmed, minutes that it can be paid; `instead` of an order whose page is over. Null if none is missing. Raises what oneai.quote_seats
-- raises, ON403, ON429.
create function oneai.start_seat_order(p_user uuid, p_workspace uuid, p_request jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  at constant timestamptz := oneai.now();
  quote jsonb;
  wanted oneai.seat_orders;
begin
  perform oneai.require_active_user(p_user, p_workspace, (p_request ->> 'confirmed')::boolean, 'spend');
  quote := oneai.quote_seats(p_workspace, (p_request ->> 'seats')::integer);
  if (quote ->> 'added')::integer <= 0 then
    return null;
  end if;
  select o.* into wanted from oneai.seat_orders as o
  where o.subscription_id = (quote ->> 'subscription_id')::uuid and o.seats = (quote ->> 'added')::integer
    and o.period_end = (quote ->> 'period_end')::timestamptz and o.expires_at > at + interval '5 minutes'
    and o.id is distinct from (p_request ->> 'instead')::uuid and not oneai.is_seat_order_paid(o)
  order by o.quoted_at desc limit 1;
  if wanted.id is null then
    if (select count(*) from oneai.seat_orders as o
      where o.workspace_id = p_workspace and o.quoted_at > at - interval '1 hour') >= 20
    then
      raise exception using errcode = 'ON429', message = 'rate_limited', detail = '{"retry_after": 3600}';
    end if;
    -- Two open orders could both be paid.
    update oneai.seat_orders as o set expires_at = at
    where o.workspace_id = p_workspace and o.expires_at > at and not oneai.is_seat_order_paid(o);
    insert into oneai.seat_orders (
      workspace_id, subscription_id, payment_provider, seats, amount, currency, quoted_at, period_start, period_end,
      expires_at)
    values (
      p_workspace, (quote ->> 'subscription_id')::uuid,
      (select s.payment_provider from oneai.subscriptions as s where s.id = (quote ->> 'subscription_id')::uuid),
      (quote ->> 'added')::integer,
      (quote ->> 'amount')::bigint, quote ->> 'currency', (quote ->> 'quoted_at')::timestamptz,
      (quote ->> 'period_start')::timestamptz, (quote ->> 'period_end')::timestamptz,
      least(at + make_interval(mins => (p_request ->> 'minutes')::integer), (quote ->> 'period_end')::timestamptz))
    returning * into wanted;
  end if;
  return jsonb_build_object('id', wanted.id, 'payment_provider', wanted.payment_provider,
    'ref', wanted.provider_order_id, 'page_url', wanted.page_url, 'seats', wanted.seats, 'amount', wanted.amount,
    'currency', wanted.currency, 'period_end', wanted.period_end, 'expires_at', wanted.expires_at);
end
$$;
revoke execute on function oneai.start_seat_order from public;
grant execute on function oneai.start_seat_order to oneai_app;

-- Whether a payment for these seats is known.
create function oneai.is_seat_order_paid(s oneai.seat_orders) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from oneai.orders as o join oneai.payments as p on p.order_id = o.id
    where o.payment_provider = s.payment_provider and o.provider_order_id = s.provider_order_id
      and p.captured_at is not null)
$$;
revoke execute on function oneai.is_seat_order_paid from public;

-- Stores the provider's order and its page, unless another request has stored one; returns the stored {ref, page_url}.
create function oneai.save_seat_order(p_id uuid, p_ref text, p_page_url text) returns jsonb
language sql security definer set search_path = ''
as $$
  update oneai.seat_orders
  set page_url = case when provider_order_id is null or provider_order_id = p_ref then p_page_url else page_url end,
      provider_order_id = coalesce(provider_order_id, p_ref)
  where id = p_id
  returning jsonb_build_object('ref', provider_order_id, 'page_url', page_url)
$$;
revoke execute on function oneai.save_seat_order from public;
grant execute on function oneai.save_seat_order to oneai_app;

-- The seats that can be filled: the team's, or those of the next period if an owner has ordered fewer, or paid for fewer
-- ahead. So no member comes who would have no seat then.
create function oneai.seats_to_fill(p_workspace uuid) returns integer
language sql stable security definer set search_path = ''
as $$
  select least(w.seats, (
    select min(n.quantity) from oneai.subscriptions as n join oneai.subscriptions as s on s.id = n.replaces
    where n.workspace_id = w.id and s.id = w.subscription_id and n.plan_id = s.plan_id and n.status = 'trial'
      and n.access_ends_at is null and n.start_at > oneai.now()), (
    select min(p.amount / s.amount)::integer from oneai.payments as p join oneai.subscriptions as s on s.id = p.subscription_id
    where s.id = w.subscription_id and s.plan_id = 'team' and p.status = 'captured' and p.period_start > oneai.now()))
  from oneai.workspaces as w where w.id = p_workspace
$$;
revoke execute on function oneai.seats_to_fill from public;

-- A saved instrument is its holder's: when they leave, are removed or are no owner any more, nothing more is debited from
-- it. What was not charged yet is cancelled, and the plan ends with its paid period, unless another owner pays.
create function oneai.on_owner_gone() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from oneai.workspaces where id = old.workspace_id and kind = 'team' for no key update;
  if not found then
    return null;
  end if;
  perform oneai.cancel_checkout(s.id) from oneai.subscriptions as s
  where s.workspace_id = old.workspace_id and s.holder_id = old.user_id and s.status in ('none', 'trial')
    and s.trial_end is null and s.cancelled_at is null and s.access_ends_at is null;
  update oneai.subscriptions as s
  set holder_gone_at = coalesce(s.holder_gone_at, oneai.now()),
      cancel_requested_at = coalesce(s.cancel_requested_at, oneai.now()), next_sync_at = oneai.now(),
      updated_at = oneai.now()
  where s.workspace_id = old.workspace_id and s.holder_id = old.user_id
    and (s.status <> 'cancelled' or s.access_ends_at >= oneai.now());
  return null;
end
$$;
revoke execute on function oneai.on_owner_gone from public;

create trigger oneai_on_owner_left after delete on oneai.workspace_members
  for each row when (old.role = 'owner') execute function oneai.on_owner_gone();
create trigger oneai_on_owner_demoted after update of role on oneai.workspace_members
  for each row when (old.role = 'owner' and new.role <> 'owner') execute function oneai.on_owner_gone();
