-- Events of the payment provider. An event whose references belong to no workspace yet is parked, and processed with
-- the event that makes them known. If it names no subscription, storing and parking it is one statement.

-- The provider's bytes, unchanged. Committed before it is processed.
create table oneai.provider_events (
  payment_provider text not null,
  event_id text not null,
  kind text not null,
  body bytea not null,
  received_at timestamptz not null default oneai.now(),
  -- `pending`: to be retried; `parked`: of a kind that we do not process, or with references of no workspace (yet).
  state text not null default 'pending' check (state in ('pending', 'parked', 'processed')),
  processed_at timestamptz,
  attempts integer not null default 0,
  problem text,
  -- When it was found to be unreadable; a retry is pointless until our code can read it.
  unreadable_at timestamptz,
  -- Its references, so that an early event is found once they are known.
  subscription_ref text,
  payment_ref text,
  invoice_ref text,
  -- When the job last tried to process it.
  tried_at timestamptz,
  primary key (payment_provider, event_id)
);
create index provider_events_pending on oneai.provider_events (received_at) where state = 'pending';
create index provider_events_by_subscription on oneai.provider_events (subscription_ref) where state = 'parked';
create index provider_events_by_payment on oneai.provider_events (payment_ref) where state = 'parked';
create index provider_events_by_invoice on oneai.provider_events (invoice_ref) where state = 'parked';
create index provider_events_by_time on oneai.provider_events (received_at, event_id);
create index provider_events_by_state on oneai.provider_events (state, received_at, event_id);
create index provider_events_of_subscription on oneai.provider_events (subscription_ref, received_at);
create index provider_events_of_payment on oneai.provider_events (payment_ref);

alter table oneai.provider_events enable row level security;
create policy "service" on oneai.provider_events to oneai_service using (true) with check (true);
revoke all on oneai.provider_events from anon, authenticated, service_role;
-- Written by functions; the service deletes what is past retention.
grant select, update, delete on oneai.provider_events to oneai_service;

-- Stores an event; returns its state, `new` if it was unknown. An event whose references (p_refs, as in
-- oneai.lock_and_load_billing) belong to no workspace is `parked` immediately, and the result is `kept`. If another
-- transaction is making a reference known, the event remains pending, because storing waits for no lock.
create function oneai.store_event(
  p_provider text, p_event text, p_kind text, p_body bytea, p_subscription text, p_payment text, p_invoice text,
  p_refs jsonb default null)
returns text
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  found_state text;
  parked boolean := false;
begin
  if p_refs is not null then
    select coalesce(bool_and(pg_try_advisory_xact_lock(k.key)), true) into parked
    from oneai.ref_locks(p_provider, p_refs) as k (key);
    parked := parked and not exists (select from oneai.find_owners(p_provider, p_refs));
  end if;
  insert into oneai.provider_events (
    payment_provider, event_id, kind, body, subscription_ref, payment_ref, invoice_ref, state)
  values (p_provider, p_event, p_kind, p_body, p_subscription, p_payment, p_invoice,
    case when parked then 'parked' else 'pending' end)
  on conflict (payment_provider, event_id) do nothing;
  if found then
    return case when parked then 'kept' else 'new' end;
  end if;
  select e.state into found_state from oneai.provider_events as e
  where e.payment_provider = p_provider and e.event_id = p_event;
  return found_state;
end
$$;
revoke execute on function oneai.store_event from public;
grant execute on function oneai.store_event to oneai_app;

-- An event's body and state.
create function oneai.stored_event(p_provider text, p_event text, out body bytea, out state text)
language sql stable security definer set search_path = ''
as $$
  select e.body, e.state from oneai.provider_events as e where e.payment_provider = p_provider and e.event_id = p_event
$$;
revoke execute on function oneai.stored_event from public;
grant execute on function oneai.stored_event to oneai_app;

-- Stores why an event could not be processed, for operators and the next attempt. Returns whether operators are
-- alerted: for unreadable events (`p_unreadable`) once an hour for all together, because there may be thousands.
create function oneai.fail_event(p_provider text, p_event text, p_problem text, p_unreadable boolean default false)
returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  failed oneai.provider_events;
begin
  update oneai.provider_events as e
  set attempts = e.attempts + 1, problem = p_problem, state = 'pending',
      unreadable_at = case when p_unreadable then oneai.now() end
  where e.payment_provider = p_provider and e.event_id = p_event and e.state <> 'processed' returning * into failed;
  if failed.event_id is null or (p_unreadable and exists (
    select from oneai.operator_alerts as a
    where a.kind = 'webhook_unapplied' and a.subject = 'unreadable' and a.acknowledged_at is null
      and a.last_at > oneai.now() - interval '1 hour'))
  then
    return false;
  end if;
  perform oneai.raise_alert('webhook_unapplied', case when p_unreadable then 'unreadable' else p_event end,
    jsonb_build_object('event', p_event, 'kind', failed.kind, 'attempts', failed.attempts, 'problem', p_problem));
  return true;
end
$$;
revoke execute on function oneai.fail_event from public;
grant execute on function oneai.fail_event to oneai_app;

-- Parked events with one of these refs: the oldest, with their bodies in hexadecimal. They are locked until the
-- transaction ends; those that another transaction has locked are skipped.
create function oneai.parked_events(p_provider text, p_event text, p_refs jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('event_id', w.event_id, 'body', encode(w.body, 'hex'))
      order by w.received_at, w.event_id), '[]')
    from (
      select e.event_id, e.body, e.received_at from oneai.provider_events as e
      where e.payment_provider = p_provider and e.state = 'parked' and e.event_id is distinct from p_event
        and (e.subscription_ref = any (array(select jsonb_array_elements_text(p_refs -> 'subscriptions')))
          or e.payment_ref = any (array(select jsonb_array_elements_text(p_refs -> 'payments')))
          or e.invoice_ref = any (array(select jsonb_array_elements_text(p_refs -> 'invoices'))))
        and octet_length(e.body) between 1 and 65536
      order by e.received_at, e.event_id limit 20 for update skip locked) as w);
end
$$;
revoke execute on function oneai.parked_events from public;

-- Claims up to `p_limit` events to process again: pending ones after one minute, three, seven … and up to every six
-- hours, unreadable ones never, or all of them with `p_all`; and parked ones whose references are known by now,
-- whenever they are twice as old as at the last attempt. Those attempted last come last, so that one that kills its
-- worker does not block others. An event here and in p_except is its provider's name, a space, and its id.
create function oneai.claim_events(p_limit integer, p_all boolean, p_except text[]) returns text[]
language sql security definer set search_path = ''
as $$
  with due as (
    select e.payment_provider, e.event_id from oneai.provider_events as e
    where e.payment_provider || ' ' || e.event_id <> all (p_except) and (
      (e.state = 'pending' and (p_all or e.unreadable_at is null)
        and (p_all or e.attempts = 0 or oneai.now() >= e.received_at + make_interval(mins =>
        (power(2, least(e.attempts, 10)) - 1)::integer + 360 * greatest(e.attempts - 10, 0))))
      or (e.state = 'parked'
        and (e.tried_at is null or oneai.now() > e.received_at + 2 * (e.tried_at - e.received_at)) and (
          exists (select from oneai.subscriptions as s
            where (s.payment_provider, s.provider_subscription_id) = (e.payment_provider, e.subscription_ref))
          or exists (select from oneai.payments as p
            where (p.payment_provider, p.provider_payment_id) = (e.payment_provider, e.payment_ref))
          or exists (select from oneai.payments as p
            where (p.payment_provider, p.invoice_ref) = (e.payment_provider, e.invoice_ref)))))
    order by e.tried_at nulls first, e.received_at, e.event_id limit p_limit for update skip locked
  ), claimed as (
    update oneai.provider_events as e set tried_at = oneai.now() from due as d
    where (e.payment_provider, e.event_id) = (d.payment_provider, d.event_id)
    returning e.payment_provider || ' ' || e.event_id as event, e.received_at
  )
  select coalesce(array_agg(t.event order by t.received_at, t.event), '{}') from claimed as t
$$;
revoke execute on function oneai.claim_events from public;
grant execute on function oneai.claim_events to oneai_app;
