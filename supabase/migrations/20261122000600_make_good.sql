-- What a job makes good every five minutes: calls the payment provider did not hear yet, events that could not be applied,
-- subscriptions that should have moved, openings whose answer nobody heard, and plans that were given until today.

-- When the job last tried to apply it.
alter table oneai.provider_events add column tried_at timestamptz;

alter table oneai.subscriptions
  -- When the job last asked the provider about it.
  add column looked_at timestamptz;
create index subscriptions_unpaid on oneai.subscriptions (created_at) where status = 'none' and cancelled_at is null;
create index subscriptions_ended on oneai.subscriptions (cancelled_at) where status = 'cancelled';
create index subscriptions_unheard on oneai.subscriptions (created_at) where provider_subscription_id is null;

-- When it was last made so: begun, ended, or revoked. Null of one that nobody has had yet.
alter table oneai.plan_grants add column settled_at timestamptz;
create index plan_grants_to_settle on oneai.plan_grants (until)
  where settled_at is null or settled_at < least(until, revoked_at);

-- -------------------------------------------------------------------------------------------------------------- calls

-- Takes one call that is due, for two minutes in which nobody else makes it; null where none is. What a refund comes to
-- is decided once and stays, for the provider refuses another amount under the same key.
create function oneai.take_provider_call(p_only uuid, p_refund_days integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  taken oneai.provider_calls;
begin
  update oneai.provider_calls as c
  set held_until = oneai.now() + interval '2 minutes', attempts = c.attempts + 1
  where c.id = (
    select d.id from oneai.provider_calls as d
    where d.state = 'waiting' and d.due_at <= oneai.now() and (d.held_until is null or d.held_until <= oneai.now())
      and (p_only is null or d.id = p_only)
    order by d.due_at, d.id limit 1 for update skip locked)
  returning * into taken;
  if taken.kind = 'refund' and taken.amount is null then
    update oneai.provider_calls as c
    set amount = nullif(case c.reason
      when 'replaced' then oneai.credit(c, p_refund_days)
      else greatest(oneai.refund_due(c.payment_id, coalesce(c.as_of, c.created_at), p_refund_days)
        - oneai.credited(c.subscription_id, coalesce(c.as_of, c.created_at), p_refund_days), 0) end, 0)
    where c.id = taken.id returning * into taken;
  end if;
  return (
    select jsonb_build_object('id', taken.id, 'cause', taken.cause, 'kind', taken.kind, 'reason', taken.reason, 'amount', taken.amount,
      'attempts', taken.attempts, 'subscription_ref', s.provider_subscription_id,
      'cancel_requested_at', s.cancel_requested_at, 'payment_ref', p.provider_payment_id)
    from oneai.subscriptions as s left join oneai.payments as p on p.id = taken.payment_id
    where s.id = taken.subscription_id);
end
$$;

-- Says that the provider is about to hear of it.
create function oneai.provider_may_know(p_id uuid) returns void
language sql security definer set search_path = ''
as $$ update oneai.provider_calls set told_at = coalesce(told_at, oneai.now()) where id = p_id $$;

-- Says how a call went: `done`, `failed`, or `waiting` to be made again in so many seconds.
create function oneai.settle_provider_call(p_id uuid, p_state text, p_problem text, p_seconds integer) returns void
language sql security definer set search_path = ''
as $$
  update oneai.provider_calls as c
  set state = p_state, problem = p_problem, held_until = null,
      due_at = case p_state when 'waiting' then oneai.now() + make_interval(secs => p_seconds) else c.due_at end,
      done_at = case p_state when 'done' then oneai.now() end
  where c.id = p_id and c.state = 'waiting'
$$;

-- ------------------------------------------------------------------------------------------------------------- events

-- Takes up to `p_most` events to be applied once more: unapplied ones one minute after they came, three, seven … and at
-- last every six hours, those that cannot be read never, or all of them where `p_all`; and those that were stored because nobody knew what they speak of,
-- once it is known, whenever they are twice as old as at the last try. The latest tried come last, so that one that ends
-- its worker keeps nobody waiting.
create function oneai.take_events(p_most integer, p_all boolean, p_except text[]) returns text[]
language sql security definer set search_path = ''
as $$
  with due as (
    select e.payment_provider, e.event_id from oneai.provider_events as e
    where e.event_id <> all (p_except) and (
      (e.state = 'unapplied' and (p_all or e.unreadable_at is null) and (p_all or e.attempts = 0 or oneai.now() >= e.received_at + make_interval(mins =>
        (power(2, least(e.attempts, 10)) - 1)::integer + 360 * greatest(e.attempts - 10, 0))))
      or (e.state = 'stored'
        and (e.tried_at is null or oneai.now() > e.received_at + 2 * (e.tried_at - e.received_at)) and (
          exists (select from oneai.subscriptions as s
            where (s.payment_provider, s.provider_subscription_id) = (e.payment_provider, e.subscription_ref))
          or exists (select from oneai.payments as p
            where (p.payment_provider, p.provider_payment_id) = (e.payment_provider, e.payment_ref))
          or exists (select from oneai.payments as p
            where (p.payment_provider, p.invoice_ref) = (e.payment_provider, e.invoice_ref)))))
    order by e.tried_at nulls first, e.received_at, e.event_id limit p_most for update skip locked
  ), taken as (
    update oneai.provider_events as e set tried_at = oneai.now() from due as d
    where (e.payment_provider, e.event_id) = (d.payment_provider, d.event_id) returning e.event_id, e.received_at
  )
  select coalesce(array_agg(t.event_id order by t.received_at, t.event_id), '{}') from taken as t
$$;

-- ------------------------------------------------------------------------------------------------------ subscriptions

-- Has the provider asked about every subscription that is not over there; how many they are.
create function oneai.look_at_all() returns integer
language sql security definer set search_path = ''
as $$
  with told as (
    update oneai.subscriptions as s set next_look_at = least(s.next_look_at, oneai.now())
    where s.provider_subscription_id is not null and not coalesce((s.snapshot ->> 'ended')::boolean, false)
    returning 1
  )
  select count(*)::integer from told
$$;

-- Takes up to `p_most` subscriptions to ask the provider about, for five minutes: those whose time has come, and those
-- that may have been paid without a word, which are asked about every time for half an hour, and then whenever they are
-- twice as old as at the last look; and in the same way those that ended lately with more charges than anybody heard of.
-- `ask`: a period that has ended just now is usually followed by word of the next one, and many end at midnight.
create function oneai.take_looks(p_most integer, p_except uuid[]) returns jsonb
language sql security definer set search_path = ''
as $$
  with due as (
    select s.id from oneai.subscriptions as s
    where s.provider_subscription_id is not null and s.id <> all (p_except) and (
      s.next_look_at <= oneai.now()
      or (s.status = 'none' and s.cancelled_at is null and (
        s.created_at > oneai.now() - interval '30 minutes'
        or oneai.now() >= s.created_at + 2 * coalesce(s.looked_at - s.created_at, interval '0')))
      or (s.status = 'cancelled' and s.cancelled_at > oneai.now() - interval '30 days'
        and oneai.now() >= s.cancelled_at + 2 * coalesce(s.looked_at - s.cancelled_at, interval '0')
        and (s.snapshot ->> 'paid_count')::integer > (
          select count(*) from oneai.payments as p where p.subscription_id = s.id and p.captured_at is not null)))
    order by s.next_look_at nulls first, s.id limit p_most for update skip locked
  ), taken as (
    update oneai.subscriptions as s set looked_at = oneai.now(), next_look_at = oneai.now() + interval '5 minutes'
    from due as d where s.id = d.id
    returning s.id, s.user_id, s.provider_subscription_id, coalesce(
      s.status = 'active' and s.current_period_end between oneai.now() - interval '10 minutes' and oneai.now(), false)
      as told_soon
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'user_id', t.user_id, 'ref', t.provider_subscription_id,
    'ask', not t.told_soon)), '[]')
  from taken as t
$$;

-- Has the provider asked about it in so many seconds.
create function oneai.look_again(p_id uuid, p_seconds integer) returns void
language sql security definer set search_path = ''
as $$
  update oneai.subscriptions as s
  set next_look_at = oneai.now() + make_interval(secs => p_seconds)
  where s.id = p_id and not coalesce((s.snapshot ->> 'ended')::boolean, false)
$$;

-- Up to `p_most` subscriptions that were to be opened and of which nobody heard whether they were: the open ones, and for
-- two hours those that were withdrawn. `late`: who has not heard in an hour will not.
create function oneai.unheard_openings(p_most integer, p_except uuid[]) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', u.id, 'plan_ref', u.provider_plan_id, 'created_at', u.created_at,
    'late', u.created_at <= oneai.now() - interval '1 hour')), '[]')
  from (
    select s.* from oneai.subscriptions as s
    where s.provider_subscription_id is null and s.provider_plan_id is not null and s.id <> all (p_except)
      and (s.opening_until is null or s.opening_until <= oneai.now())
      and ((s.status = 'none' and s.cancelled_at is null and s.access_ends_at is null)
        or s.created_at > oneai.now() - interval '2 hours')
    order by s.created_at, s.id limit p_most) as u
$$;

-- Gives up an opening that the provider knows nothing of; whether it did.
create function oneai.give_up_opening(p_id uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  unheard oneai.subscriptions;
begin
  perform 1 from oneai.users
  where id = (select s.user_id from oneai.subscriptions as s where s.id = p_id) for no key update;
  select * into unheard from oneai.subscriptions where id = p_id for no key update;
  if unheard.provider_subscription_id is not null or unheard.cancelled_at is not null
    or unheard.opening_until > oneai.now()
  then
    return false;
  end if;
  perform oneai.withdraw_subscription(p_id);
  return true;
end
$$;

-- ------------------------------------------------------------------------------------------------ plans given for a time

-- Up to `p_most` people whose given plans began or ended since that was last made so, and what time it is.
create function oneai.grants_to_settle(p_most integer, p_except uuid[]) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('at', oneai.now(), 'people', coalesce(jsonb_agg(g.user_id), '[]')) from (
    select distinct o.user_id from oneai.plan_grants as o
    where (o.settled_at is null or o.settled_at < least(o.until, o.revoked_at))
      and (o.settled_at is null or least(o.until, o.revoked_at) <= oneai.now()) and o.user_id <> all (p_except)
    limit p_most) as g
$$;

-- Says that somebody's given plans have been made so as of `p_at`.
create function oneai.grants_settled(p_user uuid, p_at timestamptz) returns void
language sql security definer set search_path = ''
as $$ update oneai.plan_grants set settled_at = p_at where user_id = p_user and granted_at <= p_at $$;

revoke execute on function oneai.take_provider_call, oneai.provider_may_know, oneai.settle_provider_call, oneai.take_events, oneai.look_at_all,
  oneai.take_looks, oneai.look_again, oneai.unheard_openings, oneai.give_up_opening, oneai.grants_to_settle,
  oneai.grants_settled from public;
grant execute on function oneai.take_provider_call, oneai.provider_may_know, oneai.settle_provider_call, oneai.take_events, oneai.look_at_all,
  oneai.take_looks, oneai.look_again, oneai.unheard_openings, oneai.give_up_opening, oneai.grants_to_settle,
  oneai.grants_settled to oneai_app;
