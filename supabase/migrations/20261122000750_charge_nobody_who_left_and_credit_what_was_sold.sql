-- Whoever leaves is charged for nothing more, not even for what was about to be cancelled; and what comes back of a plan
-- that another took the place of is bounded by what that one was sold for.

-- Nobody who is gone may be charged: ends everything of theirs that the provider has not ended, at once or when another
-- took its place, and has the provider told; the calls that takes. What is charged all the same is for no period that
-- counts, and goes back. What was decided because there were two stays so, though nobody may have both any more.
create or replace function oneai.end_subscriptions(p_user uuid) returns uuid[]
language plpgsql security definer set search_path = ''
as $$
declare
  ended uuid[];
begin
  perform 1 from oneai.users where id = p_user for no key update;
  ended := array(
    select s.id from oneai.subscriptions as s
    where s.user_id = p_user and (s.status <> 'cancelled'
      or s.provider_subscription_id is not null and not coalesce((s.snapshot ->> 'ended')::boolean, false)));
  update oneai.subscriptions
  set access_ends_at = coalesce(superseded_at, oneai.now()), updated_at = oneai.now()
  where id = any (ended) and access_ends_at is null;
  update oneai.provider_calls set state = 'withdrawn'
  where subscription_id = any (ended) and kind = 'cancel_at_period_end' and state = 'waiting';
  update oneai.provider_calls set reason = 'erased'
  where subscription_id = any (ended) and kind = 'refund' and state = 'waiting' and reason = 'duplicate';
  insert into oneai.provider_calls as c (cause, kind, subscription_id, reason)
  select 'cancel:' || s.id, 'cancel', s.id, 'erased' from oneai.subscriptions as s
  where s.id = any (ended) and s.provider_subscription_id is not null order by s.id
  on conflict (cause) do update
  set reason = 'erased', state = 'waiting', due_at = least(c.due_at, excluded.due_at), attempts = 0,
      problem = null
  where c.state <> 'done';
  return array(
    select c.id from oneai.provider_calls as c
    where c.subscription_id = any (ended) and c.kind = 'cancel' and c.state = 'waiting' order by c.id);
end
$$;

-- The provider's names of what somebody who wants to go is still charged for, because it could not be told (yet): also of
-- what is over here, and was paid or authorized there.
create or replace function oneai.still_charged(p_user uuid) returns text[]
language sql stable security definer set search_path = ''
as $$
  select array(
    select s.provider_subscription_id from oneai.subscriptions as s
    where s.user_id = p_user and s.status <> 'none'
      and (s.status <> 'cancelled' or s.snapshot ->> 'status' <> 'none' and not (s.snapshot ->> 'ended')::boolean)
      and not exists (
        select from oneai.provider_calls as c
        where c.subscription_id = s.id and c.kind = 'cancel' and c.state = 'done')
    order by 1)
$$;

-- What comes back of a payment whose subscription another one takes the place of at `p_at`, first paid with p_price: what
-- is left of it however late that is, for nobody pays for a day twice, but no more than the other one cost beyond what
-- comes back within p_days anyway (then limited by `price`).
create function oneai.replaced_payment_terms(
  p_payment uuid, p_price bigint, p_at timestamptz, p_days integer,
  out due bigint, out limited_by text, out used numeric, out granted numeric)
language plpgsql stable security definer set search_path = ''
as $$
declare
  before constant uuid := (select p.subscription_id from oneai.payments as p where p.id = p_payment);
  most bigint := oneai.refund_due(p_payment, p_at, p_days) + p_price - oneai.credited(before, p_at, p_days);
begin
  select * into due, limited_by, used, granted from oneai.refund_terms(p_payment, p_at, 100000);
  if most < due then
    due := oneai.worth_giving_back(most);
    limited_by := 'price';
    used := null;
    granted := null;
  end if;
end
$$;

-- What a refund comes to that was asked for because another subscription took the place of the payment's. A page that was
-- given up, what was not sold, and the small sum that proves a mandate took nobody's place. Once decided it stays.
create or replace function oneai.credit(p_call oneai.provider_calls, p_days integer) returns bigint
language plpgsql stable security definer set search_path = ''
as $$
declare
  price bigint;
begin
  if p_call.amount is not null or p_call.state <> 'waiting' then
    return case when p_call.state in ('waiting', 'done') then coalesce(p_call.amount, 0) else 0 end;
  end if;
  select p.amount into price
  from oneai.payments as p join oneai.subscriptions as s on s.id = p.subscription_id
  where s.replaces = p_call.subscription_id and s.withdrawn_at is null and p.captured_at is not null
    and p.period_start is not null and (p.quarantined_at is null or p.released_at is not null)
    and p.currency = (select o.currency from oneai.payments as o where o.id = p_call.payment_id)
  order by p.captured_at limit 1;
  return (
    select t.due from oneai.replaced_payment_terms(
      p_call.payment_id, coalesce(price, 0), coalesce(p_call.as_of, p_call.created_at), p_days) as t);
end
$$;

-- What would come back if another subscription took the place of this one of p_user's now, first paid with p_price: in
-- all, of everything that is paid for and runs; the limit as oneai.end_subscription says it.
create function oneai.preview_replacement(p_user uuid, p_subscription uuid, p_price bigint, p_days integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('refund_amount', coalesce(sum(t.due), 0), 'at', oneai.now())
    || coalesce((array_agg(
      jsonb_build_object('limited_by', t.limited_by, 'used', t.used, 'granted', t.granted)
      order by p.amount - t.due desc, p.captured_at))[1], '{}')
  from oneai.running_payments(p_subscription, oneai.now()) as p
  cross join lateral oneai.replaced_payment_terms(p.id, p_price, oneai.now(), p_days) as t
  where p.user_id = p_user
$$;

revoke execute on function oneai.replaced_payment_terms, oneai.preview_replacement from public;
grant execute on function oneai.preview_replacement to oneai_app;
