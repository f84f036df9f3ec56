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
