-- What people do with their subscriptions: begin one, give it up, stay after all. Each function is one short
-- transaction that locks the person first; the payment provider is told afterwards, by whoever called the function or as
-- oneai.provider_calls say.

alter table oneai.subscriptions
  -- Whoever opens it at the provider has until then to hear of it; others who want the same wait for them.
  add column opening_until timestamptz,
  -- Given up before anybody had heard of a payment.
  add column withdrawn_at timestamptz;

-- One open, unpaid subscription a person, whether or not it takes another's place; what was withdrawn is none.
drop index oneai.subscriptions_open;
create unique index subscriptions_open on oneai.subscriptions (user_id)
  where status = 'none' and cancelled_at is null and access_ends_at is null;

create index subscriptions_by_replaced on oneai.subscriptions (replaces) where replaces is not null;

-- The subscription of a person that anything can be done with; all null where there is none.
create function oneai.live_subscription(p_user uuid) returns oneai.subscriptions
language sql stable security definer set search_path = ''
as $$
  select s.* from oneai.subscriptions as s join oneai.users as u on u.id = s.user_id
  where s.user_id = p_user and s.access_ends_at is null
    and s.status in ('trial', 'active', 'past_due', 'unpaid', 'paused')
  order by coalesce(s.id = u.subscription_id, false) desc, s.created_at desc limit 1
$$;

-- Ends a subscription that nobody has paid, whoever opened its page: what is paid for it goes back, whenever that was. The
-- call that says so to the provider; null where it knows nothing of it.
create function oneai.withdraw_subscription(p_id uuid) returns uuid
language sql security definer set search_path = ''
as $$
  update oneai.subscriptions
  set status = 'cancelled', cancelled_at = oneai.now(), access_ends_at = oneai.now(), opening_until = null,
      withdrawn_at = coalesce(withdrawn_at, oneai.now()), updated_at = oneai.now()
  where id = p_id;
  insert into oneai.provider_calls (cause, kind, subscription_id, reason)
  select 'cancel:' || s.id, 'cancel', s.id, 'replaced' from oneai.subscriptions as s
  where s.id = p_id and s.provider_subscription_id is not null
  on conflict (cause) do nothing;
  select c.id from oneai.provider_calls as c where c.cause = 'cancel:' || p_id
$$;

-- Withdraws what was to take this one's place and has not been paid.
create function oneai.withdraw_replacements(p_id uuid) returns void
language sql security definer set search_path = ''
as $$
  select oneai.withdraw_subscription(s.id) from oneai.subscriptions as s
  where s.replaces = p_id and s.status in ('none', 'trial') and s.cancelled_at is null and s.access_ends_at is null
  order by s.id
$$;

-- Whether somebody may still try a plan before they pay: once, and never after they paid.
create function oneai.may_try(p_user uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select not exists (select from oneai.trials as t where t.user_id = p_user)
    and not exists (select from oneai.payments as p where p.user_id = p_user and p.captured_at is not null)
$$;

-- Remembers a price; false where its plan at the provider, which never changes, is known for another one.
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

-- How an operation sees a subscription that is being opened.
create function oneai.opening_face(s oneai.subscriptions, p_state text) returns jsonb
language sql stable
as $$
  select jsonb_build_object('state', p_state, 'id', s.id, 'ref', s.provider_subscription_id, 'short_url', s.short_url,
    'created_at', s.created_at, 'start_at', s.start_at, 'expires_at', s.expires_at)
$$;

-- The open subscription of these terms, made where there is none; another open one is withdrawn. p_ask: provider,
-- plan_ref, plan, period, currency, amount, offer, confirmed, trial_days, open_hours; `replaces` (id) and `start_at` of
-- one that takes the place of the live one. `state` of what comes back:
--   open     it can be paid           opening  somebody is opening it just now
--   new      to be opened             unheard  to be opened, unless it was and nobody heard
--   moved    `replaces` is not the live one (any more)
--   unsold   the plan at the provider is of another price
-- `withdrawn` is the call that tells the provider of one that was withdrawn for it.
-- Raises ON403, ON422 billing_details_required, ON422 invalid_request for dollars within India, ON429.
create function oneai.begin_subscription(p_user uuid, p_ask jsonb) returns jsonb
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

-- The row of a subscription that is about to be opened.
create function oneai.add_subscription(p_user uuid, p_ask jsonb, p_tries boolean) returns oneai.subscriptions
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
  starts timestamptz := (p_ask ->> 'start_at')::timestamptz;
  added oneai.subscriptions;
begin
  -- Everyone is something that the provider keeps for ever.
  if (select count(*) from oneai.subscriptions where user_id = p_user and created_at > at - interval '1 hour') >= 20 then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = '{"retry_after": 3600}';
  end if;
  if p_tries then
    -- The provider counts in seconds.
    starts := date_trunc('second', at) + make_interval(days => (p_ask ->> 'trial_days')::integer);
  end if;
  insert into oneai.subscriptions (
    user_id, plan_id, status, payment_provider, period, currency, amount, provider_plan_id, offer_id, replaces,
    start_at, trial_end, expires_at, opening_until)
  values (
    p_user, p_ask ->> 'plan', 'none', p_ask ->> 'provider', p_ask ->> 'period', p_ask ->> 'currency',
    (p_ask ->> 'amount')::bigint, p_ask ->> 'plan_ref', p_ask ->> 'offer', (p_ask ->> 'replaces')::uuid,
    starts, case when p_tries then starts end,
    least(date_trunc('second', at) + make_interval(hours => (p_ask ->> 'open_hours')::integer), starts),
    at + interval '30 seconds')
  returning * into added;
  return added;
end
$$;

-- Keeps what the provider opened; false where it was withdrawn meanwhile, and then it is cancelled there.
create function oneai.keep_opened(p_id uuid, p_ref text, p_short_url text) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  kept oneai.subscriptions;
begin
  perform 1 from oneai.users
  where id = (select s.user_id from oneai.subscriptions as s where s.id = p_id) for no key update;
  update oneai.subscriptions
  set provider_subscription_id = coalesce(provider_subscription_id, p_ref), short_url = coalesce(p_short_url, short_url),
      opening_until = null, updated_at = oneai.now()
  where id = p_id returning * into kept;
  if kept.access_ends_at is not null then
    perform oneai.withdraw_subscription(p_id);
  end if;
  return kept.access_ends_at is null;
end
$$;

-- Whoever wanted to open it has given up; the next one may try.
create function oneai.leave_opening(p_id uuid) returns void
language sql security definer set search_path = ''
as $$ update oneai.subscriptions set opening_until = null where id = p_id $$;

-- Until when a subscription is good if nothing more is paid; null where that is over.
create function oneai.good_until(s oneai.subscriptions) returns timestamptz
language sql stable
as $$
  select ends from (select case s.status
    when 'unpaid' then null
    when 'trial' then coalesce(s.current_period_end, s.start_at)
    else s.current_period_end end as ends) as e
  where ends > oneai.now()
$$;

-- Cancels at the end of the period, which is ours until the provider is told of it: 72 hours before, for mandates are
-- debited from three days before, and what it was told nobody can undo. Null where there is no period to wait for; else
-- the call's id, and whether it is due.
create function oneai.cancel_at_period_end(p_id uuid, p_reason text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  given oneai.subscriptions;
  ends timestamptz;
  told oneai.provider_calls;
begin
  select * into given from oneai.subscriptions where id = p_id for no key update;
  ends := oneai.good_until(given);
  if ends is null then
    return null;
  end if;
  update oneai.subscriptions
  set cancel_requested_at = coalesce(cancel_requested_at, oneai.now()),
      cancel_reason = coalesce(p_reason, cancel_reason), updated_at = oneai.now()
  where id = p_id;
  insert into oneai.provider_calls as c (cause, kind, subscription_id, reason, due_at)
  values (
    'cancel_at_period_end:' || p_id, 'cancel_at_period_end', p_id, 'requested',
    greatest(oneai.now(), ends - interval '72 hours'))
  on conflict (cause) do update
  set state = 'waiting', due_at = excluded.due_at, attempts = 0, held_until = null, problem = null
  where c.state = 'withdrawn'
  returning * into told;
  return jsonb_build_object('call', told.id, 'due', coalesce(told.due_at <= oneai.now(), false));
end
$$;

-- The person's wish to cancel at the end of the period: what cancel_at_period_end says. Whatever was to take its place
-- is withdrawn. Raises ON409 subscription_not_changeable.
create function oneai.request_cancellation(p_user uuid, p_reason text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  live oneai.subscriptions;
begin
  perform 1 from oneai.users where id = p_user for no key update;
  select * into live from oneai.live_subscription(p_user);
  if live.id is null then
    raise exception using errcode = 'ON409', message = 'subscription_not_changeable';
  end if;
  perform oneai.withdraw_replacements(live.id);
  return oneai.cancel_at_period_end(live.id, p_reason);
end
$$;

-- What a refund comes to that was asked for because another subscription took the place of the payment's: what is left of
-- it however late that is, for nobody pays for a day twice, but no more than the other one cost beyond what comes back
-- within p_days anyway. Once decided it stays.
create function oneai.credit(p_call oneai.provider_calls, p_days integer) returns bigint
language plpgsql stable security definer set search_path = ''
as $$
declare
  at timestamptz := coalesce(p_call.as_of, p_call.created_at);
  other bigint;
begin
  if p_call.amount is not null or p_call.state <> 'waiting' then
    return case when p_call.state in ('waiting', 'done') then coalesce(p_call.amount, 0) else 0 end;
  end if;
  select p.amount into other
  from oneai.payments as p join oneai.subscriptions as s on s.id = p.subscription_id
  where s.replaces = p_call.subscription_id and p.captured_at is not null
    and p.currency = (select o.currency from oneai.payments as o where o.id = p_call.payment_id)
  order by p.captured_at limit 1;
  return greatest(least(oneai.refund_due(p_call.payment_id, at, 100000),
    oneai.refund_due(p_call.payment_id, at, p_days) + coalesce(other, 0)
      - oneai.credited(p_call.subscription_id, at, p_days)), 0);
end
$$;

-- What came back of the subscriptions whose place this one took, lately and later than p_days after they were paid: who
-- ends this one at once as well gets so much less of it.
create function oneai.credited(p_id uuid, p_at timestamptz, p_days integer) returns bigint
language plpgsql stable security definer set search_path = ''
as $$
declare
  before constant uuid := (select s.replaces from oneai.subscriptions as s where s.id = p_id);
begin
  if before is null then
    return 0;
  end if;
  return oneai.credited(before, p_at, p_days) + (
    select coalesce(sum(oneai.credit(c, p_days)), 0)
    from oneai.provider_calls as c join oneai.payments as p on p.id = c.payment_id
    where c.subscription_id = before and c.kind = 'refund' and c.reason = 'replaced'
      and c.as_of between p_at - make_interval(days => p_days) and p_at
      and c.as_of > p.captured_at + make_interval(days => p_days));
end
$$;

-- Ends a subscription at once and gives back what is due within p_days, or says (p_preview) what that would be. Raises
-- ON409 subscription_not_changeable.
create function oneai.end_subscription(p_user uuid, p_reason text, p_days integer, p_preview boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
  live oneai.subscriptions;
  paid oneai.payments;
  due bigint;
begin
  perform 1 from oneai.users where id = p_user for no key update;
  select * into live from oneai.live_subscription(p_user);
  if live.id is null then
    raise exception using errcode = 'ON409', message = 'subscription_not_changeable';
  end if;
  select * into paid from oneai.payments as p
  -- What was charged for the next period already goes back in full, as all that comes after an end.
  where p.subscription_id = live.id and p.captured_at is not null and p.period_end > at
    and coalesce(p.period_start, p.captured_at) <= at and (p.quarantined_at is null or p.released_at is not null)
  order by p.period_end desc limit 1;
  due := greatest(coalesce(oneai.refund_due(paid.id, at, p_days), 0) - oneai.credited(live.id, at, p_days), 0);
  if not p_preview then
    perform oneai.withdraw_replacements(live.id);
    update oneai.subscriptions
    set access_ends_at = at, cancel_requested_at = coalesce(cancel_requested_at, at),
        cancel_reason = coalesce(p_reason, cancel_reason), updated_at = at
    where id = live.id;
    update oneai.provider_calls set state = 'withdrawn'
    where cause = 'cancel_at_period_end:' || live.id and state = 'waiting';
    insert into oneai.provider_calls (cause, kind, subscription_id, reason)
    values ('cancel:' || live.id, 'cancel', live.id, 'requested') on conflict (cause) do nothing;
    insert into oneai.provider_calls (cause, kind, subscription_id, payment_id, amount, as_of, reason)
    select 'refund:' || paid.id, 'refund', live.id, paid.id, due, at, 'requested' where due > 0
    on conflict (cause) do nothing;
  end if;
  return jsonb_build_object('refund_amount', due, 'currency', coalesce(paid.currency, live.currency), 'paid_amount',
    coalesce(paid.amount, 0), 'period_start', paid.period_start, 'period_end', paid.period_end, 'at', at,
    'refundable_until', paid.captured_at + make_interval(days => p_days));
end
$$;

-- Takes a cancellation back, and with it whatever was to come after. Raises ON409 subscription_not_changeable where
-- nothing was cancelled, cancellation_final where the provider knows of it, or may.
create function oneai.undo_cancellation(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  live oneai.subscriptions;
  told oneai.provider_calls;
begin
  perform 1 from oneai.users where id = p_user for no key update;
  select * into live from oneai.live_subscription(p_user);
  if live.id is null and exists (
    select from oneai.subscriptions where user_id = p_user and cancel_requested_at is not null)
  then
    raise exception using errcode = 'ON409', message = 'cancellation_final';
  end if;
  if live.cancel_requested_at is null then
    raise exception using errcode = 'ON409', message = 'subscription_not_changeable',
      detail = '{"message": "Nothing was cancelled."}';
  end if;
  select * into told from oneai.provider_calls where cause = 'cancel_at_period_end:' || live.id for update;
  if told.state = 'done' or told.told_at is not null or told.held_until > oneai.now() then
    raise exception using errcode = 'ON409', message = 'cancellation_final';
  end if;
  update oneai.provider_calls set state = 'withdrawn' where id = told.id;
  update oneai.subscriptions set cancel_requested_at = null, cancel_reason = null, updated_at = oneai.now()
  where id = live.id;
  perform oneai.withdraw_replacements(live.id);
end
$$;

-- One that is to begin at the end of another's period makes it end there as soon as it is authorized, and not before:
-- somebody who never got that far keeps what they have.
create function oneai.make_way() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.cancel_at_period_end(new.replaces, null);
  return null;
end
$$;
create trigger make_way after update of status on oneai.subscriptions for each row
  when (new.replaces is not null and new.status = 'trial' and old.status = 'none' and new.access_ends_at is null)
  execute function oneai.make_way();

revoke execute on function oneai.live_subscription, oneai.withdraw_subscription, oneai.withdraw_replacements,
  oneai.may_try, oneai.remember_price, oneai.opening_face, oneai.begin_subscription, oneai.add_subscription,
  oneai.keep_opened, oneai.leave_opening, oneai.good_until, oneai.cancel_at_period_end, oneai.request_cancellation, oneai.credit,
  oneai.credited, oneai.end_subscription, oneai.undo_cancellation, oneai.make_way from public;
grant execute on function oneai.live_subscription, oneai.good_until to oneai_service;
grant execute on function oneai.begin_subscription, oneai.remember_price, oneai.keep_opened, oneai.leave_opening,
  oneai.request_cancellation, oneai.end_subscription, oneai.undo_cancellation to oneai_app;
