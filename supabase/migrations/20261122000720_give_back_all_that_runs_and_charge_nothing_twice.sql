-- Who ends a subscription at once gets back what is left of everything they paid for it, whenever that is heard of; and of
-- several that were to take another's place only the last is charged.

-- When its owner ended it at once: what of its payments had begun by then comes back by the rule, heard of or not.
alter table oneai.subscriptions add column ended_by_owner_at timestamptz;

-- What the provider can give back: nothing below a rupee or a dollar.
create function oneai.worth_giving_back(p_amount bigint) returns bigint
language sql immutable
as $$ select case when p_amount >= 100 then p_amount else 0 end $$;

-- What a payment gives and how much of it is used at `p_at`: one row for the `time`, in seconds, and one for every quota
-- key of its plan, in the key's units since the capture. A monthly quota is granted once for every month of the paid
-- period, any other once for every window that begins in it. Exceptions add nothing to what a plan grants.
create function oneai.payment_usage(p_payment uuid, p_at timestamptz)
returns table (measure text, used numeric, granted numeric)
language sql stable security definer set search_path = ''
as $$
  with paid as (
    select p.user_id, p.captured_at, coalesce(p.tier, s.plan_id) as tier, b.starts, coalesce(p.period_end,
      b.starts + make_interval(months => case when s.period = 'yearly' then 12 else 1 end)) as ends
    from oneai.payments as p left join oneai.subscriptions as s on s.id = p.subscription_id
    cross join lateral (select coalesce(p.period_start, p.captured_at)) as b (starts)
    where p.id = p_payment and p.captured_at is not null
  ), lasting as (
    select p.*, extract(epoch from p.ends - p.starts) as seconds from paid as p
  ), spent as (
    select l.quota_key, sum(coalesce(l.settled, l.held)) as units
    from paid as p join oneai.reservations as r
      on r.user_id = p.user_id and r.created_at >= p.captured_at and r.created_at <= p_at
    join oneai.reservation_lines as l on l.reservation_id = r.id
    group by l.quota_key
  )
  select 'time', greatest(p.seconds, 1) - least(greatest(extract(epoch from p.ends - p_at), 0), p.seconds),
    greatest(p.seconds, 1)
  from lasting as p
  union all
  select q.quota_key, coalesce(u.units, 0), q.quota_limit * case q.reset_frequency
    -- The mean month of the calendar: 28 to 31 days are one, 365 and 366 are twelve.
    when 'monthly' then greatest(round(p.seconds / 2629746), 1)
    else greatest(ceil(p.seconds / case q.reset_frequency when 'daily' then 86400 else 10800 end), 1) end
  from lasting as p join oneai.plan_quotas as q on q.tier = p.tier and q.quota_limit > 0
  left join spent as u on u.quota_key = q.quota_key
$$;

-- What is owed of a payment, in the currency's smallest unit, if what it paid for ends at `p_at`: of its amount the least
-- share that is left of anything oneai.payment_usage names (`limited_by`, with what is used of what was granted), without
-- what was given back already. Nothing later than `p_days` after the capture (limited by `time`, of which no numbers are
-- given then), nor of what is in dispute, nor what is too little to be given back.
create function oneai.refund_terms(
  p_payment uuid, p_at timestamptz, p_days integer,
  out due bigint, out limited_by text, out used numeric, out granted numeric)
language plpgsql stable security definer set search_path = ''
as $$
declare
  paid oneai.payments;
begin
  due := 0;
  select * into paid from oneai.payments where id = p_payment;
  if paid.captured_at is null or paid.status = 'failed' or exists (
    select from oneai.disputes as d where d.payment_id = p_payment and d.status not in ('won', 'closed'))
  then
    return;
  elsif p_at > paid.captured_at + make_interval(days => p_days) then
    limited_by := 'time';
    return;
  end if;
  select u.measure, u.used, u.granted into limited_by, used, granted
  from oneai.payment_usage(p_payment, p_at) as u
  order by greatest(u.granted - u.used, 0) / u.granted, u.measure <> 'time', u.measure limit 1;
  due := oneai.worth_giving_back((trunc(paid.amount * greatest(granted - used, 0) / granted)
    - greatest(paid.amount_refunded, (
      select coalesce(sum(f.amount), 0) from oneai.refunds as f
      where f.payment_id = p_payment and f.status <> 'failed')))::bigint);
end
$$;

-- What is owed of a payment, as oneai.refund_terms says.
create or replace function oneai.refund_due(p_payment uuid, p_at timestamptz, p_days integer) returns bigint
language sql stable security definer set search_path = ''
as $$ select t.due from oneai.refund_terms(p_payment, p_at, p_days) as t $$;

-- The payments whose period runs at p_at: a plan that was changed in place has several. What goes back in full anyway is
-- none of them.
create function oneai.running_payments(p_subscription uuid, p_at timestamptz) returns setof oneai.payments
language sql stable security definer set search_path = ''
as $$
  select p.* from oneai.payments as p
  where p.subscription_id = p_subscription and p.captured_at is not null and p.period_end > p_at
    and coalesce(p.period_start, p.captured_at) <= p_at and (p.quarantined_at is null or p.released_at is not null)
    and not exists (select from oneai.provider_calls as c
      where c.cause = 'refund:' || p.id || ':slipped' and c.state <> 'withdrawn')
$$;

-- The payments that run at p_at, what is owed of each if their subscription ends then, and what limits that. What came
-- back of the subscription before (oneai.credited) is taken off once. A refund that the provider may have heard of is
-- asked for as it was, for its key is good for one amount; known to have gone back, it is not asked for again.
create function oneai.owed_at_end(p_subscription uuid, p_at timestamptz, p_days integer)
returns table (
  payment_id uuid, due bigint, amount bigint, currency text, captured_at timestamptz, period_start timestamptz,
  period_end timestamptz, limited_by text, used numeric, granted numeric)
language sql stable security definer set search_path = ''
as $$
  with running as (
    select p.*, t.due as owed, t.limited_by, t.used, t.granted
    from oneai.running_payments(p_subscription, p_at) as p
    cross join lateral oneai.refund_terms(p.id, p_at, p_days) as t
  ), shared as (
    select r.*, least(r.owed, sum(r.owed) over (order by r.captured_at, r.id)
      - oneai.credited(p_subscription, p_at, p_days))::bigint as left_of_it
    from running as r
  )
  select s.id, case
      when heard.amount is null then oneai.worth_giving_back(s.left_of_it)
      when exists (select from oneai.refunds as f where f.payment_id = s.id and f.status <> 'failed') then 0
      else heard.amount end,
    s.amount, s.currency, s.captured_at, s.period_start, s.period_end, s.limited_by, s.used, s.granted
  from shared as s left join oneai.provider_calls as heard
    on heard.cause = 'refund:' || s.id and heard.state <> 'done' and heard.attempts > 0
  order by s.captured_at, s.id
$$;

-- Ends a subscription at once and gives back what is due within p_days, or says (p_preview) what that would be: in all,
-- of everything that is paid for and runs; `limited_by`, `used` and `granted` are those of the payment of which the most
-- does not come back. Raises ON409 subscription_not_changeable.
create or replace function oneai.end_subscription(p_user uuid, p_reason text, p_days integer, p_preview boolean)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
  live oneai.subscriptions;
  told jsonb;
begin
  perform 1 from oneai.users where id = p_user for no key update;
  select * into live from oneai.live_subscription(p_user);
  if live.id is null then
    raise exception using errcode = 'ON409', message = 'subscription_not_changeable';
  end if;
  -- What was charged for the next period already goes back in full, as all that comes after an end.
  select jsonb_build_object('refund_amount', coalesce(sum(o.due), 0),
    'currency', coalesce(max(o.currency), live.currency), 'paid_amount', coalesce(sum(o.amount), 0),
    'period_start', min(o.period_start), 'period_end', max(o.period_end), 'at', at,
    'refundable_until', max(o.captured_at) + make_interval(days => p_days))
    || coalesce((array_agg(
      jsonb_build_object('limited_by', o.limited_by, 'used', o.used, 'granted', o.granted)
      order by o.amount - o.due desc, o.captured_at))[1], '{}')
  into told from oneai.owed_at_end(live.id, at, p_days) as o;
  if p_preview then
    return told;
  end if;
  perform oneai.withdraw_replacements(live.id);
  update oneai.provider_calls set state = 'withdrawn'
  where cause = 'cancel_at_period_end:' || live.id and state = 'waiting';
  insert into oneai.provider_calls as c (cause, kind, subscription_id, reason)
  values ('cancel:' || live.id, 'cancel', live.id, 'requested')
  on conflict (cause) do update
  set state = 'waiting', reason = 'requested', due_at = excluded.due_at, attempts = 0, problem = null,
      held_until = case c.state when 'waiting' then c.held_until end
  where c.state <> 'done';
  insert into oneai.provider_calls as c (cause, kind, subscription_id, payment_id, amount, as_of, reason)
  select 'refund:' || o.payment_id, 'refund', live.id, o.payment_id, o.due, at, 'requested'
  from oneai.owed_at_end(live.id, at, p_days) as o where o.due > 0
  on conflict (cause) do update
  set state = 'waiting', reason = 'requested', amount = excluded.amount, as_of = excluded.as_of,
      due_at = excluded.due_at, attempts = least(c.attempts, 1), problem = null,
      held_until = case c.state when 'waiting' then c.held_until end
  where c.state <> 'done';
  update oneai.subscriptions
  set access_ends_at = at, ended_by_owner_at = at, cancel_requested_at = coalesce(cancel_requested_at, at),
      cancel_reason = coalesce(p_reason, cancel_reason),
      -- Should nobody get any further, the next who looks does.
      next_look_at = at, updated_at = at
  where id = live.id;
  return told;
end
$$;

-- Ends a subscription that nobody has paid, whoever opened its page: what is paid for it goes back, whenever that was. The
-- call that says so to the provider, also where it was taken back once; null where the provider knows nothing of it.
create or replace function oneai.withdraw_subscription(p_id uuid) returns uuid
language sql security definer set search_path = ''
as $$
  update oneai.subscriptions
  set status = 'cancelled', cancelled_at = oneai.now(), access_ends_at = oneai.now(), opening_until = null,
      withdrawn_at = coalesce(withdrawn_at, oneai.now()), updated_at = oneai.now()
  where id = p_id;
  insert into oneai.provider_calls as c (cause, kind, subscription_id, reason)
  select 'cancel:' || s.id, 'cancel', s.id, 'replaced' from oneai.subscriptions as s
  where s.id = p_id and s.provider_subscription_id is not null
  on conflict (cause) do update
  set state = 'waiting', reason = 'replaced', due_at = excluded.due_at, attempts = 0, problem = null,
      held_until = case c.state when 'waiting' then c.held_until end
  where c.state <> 'done';
  select c.id from oneai.provider_calls as c where c.cause = 'cancel:' || p_id
$$;

-- The open subscription of these terms, made where there is none; another open one is withdrawn. p_ask: provider,
-- plan_ref, plan, period, currency, amount, offer, confirmed, trial_days, open_hours; `replaces` (id) and `start_at` of
-- one that takes the place of the live one. `state` of what comes back:
--   open     it can be paid           opening  somebody is opening it just now
--   new      to be opened             unheard  to be opened, unless it was and nobody heard
--   moved    `replaces` is not the live one (any more)
--   chosen   it is authorized already, and begins then
--   unsold   the plan at the provider is of another price
-- `withdrawn` is the call that tells the provider of one that was withdrawn for it.
-- Raises ON403, ON422 billing_details_required, ON422 invalid_request for dollars within India, ON429.
create or replace function oneai.begin_subscription(p_user uuid, p_ask jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
  live oneai.subscriptions;
  waiting oneai.subscriptions;
  withdrawn uuid;
  starts timestamptz := (p_ask ->> 'start_at')::timestamptz;
  tries boolean := (p_ask ->> 'trial_days')::integer > 0 and p_ask ->> 'replaces' is null and oneai.may_try(p_user);
begin
  perform oneai.known_person(p_user, (p_ask ->> 'confirmed')::boolean);
  if not exists (select from oneai.billing_details where user_id = p_user) then
    raise exception using errcode = 'ON422', message = 'billing_details_required';
  end if;
  select * into live from oneai.live_subscription(p_user);
  if live.id is distinct from (p_ask ->> 'replaces')::uuid then
    return jsonb_build_object('state', 'moved');
  end if;
  -- Whoever has dollars already and moved to India keeps them.
  if p_ask ->> 'currency' <> 'INR' and live.currency is distinct from p_ask ->> 'currency'
    and exists (select from oneai.billing_details where user_id = p_user and country = 'IN')
  then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail =
      '{"details": [{"field": "currency", "code": "rupees_only", "message": "Within India this is paid for in rupees (INR)."}]}';
  end if;
  if not oneai.remember_price(p_ask ->> 'provider', p_ask ->> 'plan_ref', p_ask ->> 'plan', p_ask ->> 'period',
    p_ask ->> 'currency', (p_ask ->> 'amount')::bigint)
  then
    return jsonb_build_object('state', 'unsold');
  end if;
  if exists (
    select from oneai.subscriptions as s
    where s.replaces = live.id and s.status = 'trial' and s.cancelled_at is null and s.access_ends_at is null
      and (s.payment_provider, s.provider_plan_id) = (p_ask ->> 'provider', p_ask ->> 'plan_ref')
      and s.offer_id is not distinct from p_ask ->> 'offer'
      and (s.start_at is not distinct from starts or s.start_at <= at + interval '1 hour'))
  then
    return jsonb_build_object('state', 'chosen');
  end if;
  select * into waiting from oneai.subscriptions
  where user_id = p_user and status = 'none' and cancelled_at is null and access_ends_at is null for update;
  if waiting.expires_at > at + interval '5 minutes'
    and (waiting.payment_provider, waiting.provider_plan_id) = (p_ask ->> 'provider', p_ask ->> 'plan_ref')
    and waiting.offer_id is not distinct from p_ask ->> 'offer' and waiting.replaces is not distinct from live.id
    and (case when tries then waiting.trial_end > at else waiting.start_at is not distinct from starts end)
  then
    if waiting.provider_subscription_id is not null then
      return oneai.opening_face(waiting, 'open');
    elsif waiting.opening_until > at then
      return oneai.opening_face(waiting, 'opening');
    end if;
    update oneai.subscriptions set opening_until = at + interval '30 seconds' where id = waiting.id;
    return oneai.opening_face(waiting, 'unheard');
  end if;
  withdrawn := oneai.withdraw_subscription(waiting.id);
  return oneai.opening_face(oneai.add_subscription(p_user, p_ask, tries), 'new')
    || jsonb_build_object('withdrawn', withdrawn);
end
$$;

-- One that is to begin at the end of another's period makes it end there as soon as it is authorized, and not before:
-- somebody who never got that far keeps what they have. Whatever was chosen for that end before is charged no more.
create or replace function oneai.make_way() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.withdraw_subscription(s.id) from oneai.subscriptions as s
  where s.replaces = new.replaces and s.created_at < new.created_at and s.status in ('none', 'trial')
    and s.cancelled_at is null and s.access_ends_at is null;
  perform oneai.cancel_at_period_end(new.replaces, null);
  return null;
end
$$;

-- Whether a price can be had in place of what somebody has: as oneai.remember_price says. Raises ON403.
create function oneai.may_change_to(
  p_user uuid, p_confirmed boolean, p_provider text, p_plan text, p_tier text, p_period text, p_currency text,
  p_amount bigint
) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.known_person(p_user, p_confirmed);
  return oneai.remember_price(p_provider, p_plan, p_tier, p_period, p_currency, p_amount);
end
$$;

revoke execute on function oneai.worth_giving_back, oneai.payment_usage, oneai.refund_terms, oneai.running_payments,
  oneai.owed_at_end, oneai.may_change_to from public;
grant execute on function oneai.may_change_to to oneai_app;
