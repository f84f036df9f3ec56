-- Whoever leaves is not charged any more, and is taken out of what was sold to them.

-- Nobody who is gone may be charged: ends everything that somebody pays or could pay, at once, and has the provider
-- told; the calls that takes. What is charged all the same is for no period that counts, and goes back.
create function oneai.end_subscriptions(p_user uuid) returns uuid[]
language plpgsql security definer set search_path = ''
as $$
declare
  ended uuid[];
begin
  perform 1 from oneai.users where id = p_user for no key update;
  ended := array(select s.id from oneai.subscriptions as s where s.user_id = p_user and s.status <> 'cancelled');
  update oneai.subscriptions
  set access_ends_at = coalesce(access_ends_at, oneai.now()), updated_at = oneai.now()
  where id = any (ended) and access_ends_at is null;
  update oneai.provider_calls set state = 'withdrawn'
  where subscription_id = any (ended) and kind = 'cancel_at_period_end' and state = 'waiting';
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

-- The provider's names of what somebody who wants to go is still charged for, because it could not be told (yet).
create function oneai.still_charged(p_user uuid) returns text[]
language sql stable security definer set search_path = ''
as $$
  select array(
    select s.provider_subscription_id from oneai.subscriptions as s
    where s.user_id = p_user and s.status not in ('none', 'cancelled') and not exists (
      select from oneai.provider_calls as c where c.subscription_id = s.id and c.kind = 'cancel' and c.state = 'done')
    order by 1)
$$;

-- Whoever deletes a person's sign-in, wherever: what they pay ends, and whose it was stays known until they are erased.
create function oneai.on_leaving() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.end_subscriptions(old.id);
  update oneai.subscriptions set metadata = metadata || jsonb_build_object('was', old.id) where user_id = old.id;
  return old;
end
$$;
create trigger oneai_on_leaving before delete on oneai.users for each row execute function oneai.on_leaving();

-- Takes somebody out of what was sold to them. Invoices stay, for the law wants them, and name whom they were made out
-- to; an instrument had its trial, whoever had it. Locks events before subscriptions, as whoever applies one.
-- An event that is not applied yet keeps its body until it is (oneai.empty_events).
create function oneai.erase_from_billing(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  nobody constant uuid := '00000000-0000-0000-0000-000000000000';
  theirs uuid[] := array(
    select s.id from oneai.subscriptions as s
    where s.user_id = p_user or position(p_user::text in s.metadata::text) > 0
      or s.id in (select p.subscription_id from oneai.payments as p where p.user_id = p_user));
begin
  update oneai.provider_events as e set body = '', problem = null, state = 'applied'
  where e.body <> '' and e.state <> 'unapplied' and (
    (e.payment_provider, e.subscription_ref) in (
      select s.payment_provider, s.provider_subscription_id from oneai.subscriptions as s where s.id = any (theirs))
    or (e.payment_provider, e.payment_ref) in (
      select p.payment_provider, p.provider_payment_id from oneai.payments as p where p.user_id = p_user)
    or (e.payment_provider, e.invoice_ref) in (
      select p.payment_provider, p.invoice_ref from oneai.payments as p where p.user_id = p_user));
  update oneai.subscriptions
  -- What its snapshots said together names nobody, and standings follow from it.
  set user_id = null, cancel_reason = null, short_url = null, snapshot = snapshot - 'short_url',
      mandate_instrument_hash = null,
      metadata = case when metadata ? 'seen' then jsonb_build_object('seen', metadata -> 'seen') else '{}' end
  where id = any (theirs);
  update oneai.subscription_history set user_id = null, metadata = '{}'
  where user_id = p_user or position(p_user::text in metadata::text) > 0;
  update oneai.invoices set user_id = null where user_id = p_user;
  delete from oneai.trials where user_id = p_user and instrument_hash is null;
  update oneai.trials set user_id = gen_random_uuid(), subscription_id = nobody where user_id = p_user;
end
$$;

-- Empties up to `p_most` events: of subscriptions that are nobody's any more; those that came p_stored_days ago and that
-- nobody knew what to do with, for whomever they name cannot be found by us; and those that could not be applied in
-- p_unapplied_days, which is then given up. How many.
create function oneai.empty_events(p_most integer, p_stored_days integer, p_unapplied_days integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  emptied integer;
begin
  update oneai.provider_events as e set body = '', problem = null, state = 'applied'
  where (e.payment_provider, e.event_id) in (
    select o.payment_provider, o.event_id from oneai.provider_events as o
    where o.body <> '' and (
      o.received_at <= oneai.now() - make_interval(days => case o.state
        when 'stored' then p_stored_days when 'unapplied' then p_unapplied_days end)
      or o.state <> 'unapplied' and (o.payment_provider, o.subscription_ref) in (
        select s.payment_provider, s.provider_subscription_id from oneai.subscriptions as s where s.user_id is null)
      or o.state <> 'unapplied' and (o.payment_provider, o.payment_ref) in (
        select p.payment_provider, p.provider_payment_id
        from oneai.payments as p join oneai.subscriptions as s on s.id = p.subscription_id where s.user_id is null))
    limit p_most for update skip locked);
  get diagnostics emptied = row_count;
  return emptied;
end
$$;

-- As before, and out of what was sold to them.
create or replace function oneai.erase(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  named text := p_user::text;
begin
  perform oneai.check_signed_off(p_user);
  perform 1 from oneai.usage_horizon for update;
  perform 1 from oneai.usage_events where user_id = p_user for update;
  perform 1 from oneai.reservations where user_id = p_user for update;
  -- Answers that did not stop when they were asked to; their processes will find that they are gone.
  update oneai.reservations set held_until = oneai.now() where user_id = p_user and settled_at is null;
  perform oneai.settle_lapsed(o.id) from (
    select r.id from oneai.reservations as r where r.user_id = p_user and r.settled_at is null
    order by r.spend_day, r.model_asked) as o;
  delete from oneai.reservations where user_id = p_user;
  update oneai.usage_events set user_id = null, api_key_id = null, conversation_id = null where user_id = p_user;
  perform oneai.erase_from_billing(p_user);
  perform oneai.erase_from_sums(p_user);
  -- What is written of them to operators; their own mail went with their row.
  delete from oneai.outbox where user_id is null and position(named in data::text) > 0;
  delete from oneai.operator_alerts where subject = named or position(named in detail::text) > 0;
  delete from oneai.files_to_remove
  where key like any (array['users/' || named || '/%', 'uploads/' || named || '/%', 'exports/' || named || '/%']);
end
$$;

revoke execute on function oneai.end_subscriptions, oneai.still_charged, oneai.on_leaving, oneai.erase_from_billing,
  oneai.empty_events from public;
grant execute on function oneai.end_subscriptions, oneai.still_charged, oneai.empty_events to oneai_app;
