-- An event that nobody can understand yet is kept in one statement, and those that waited for another are heard with it.
--
-- Of the five events of a charge the first two name a payment that nobody knows: they were locked, thought about and put
-- aside, and later each was applied once more in a transaction of its own. Now an event of which nothing is known is
-- put aside when it is stored, and the event that makes it known brings it along.

-- Our subscriptions that somebody's refs name, by themselves or by a payment or an invoice of theirs.
create function oneai.subscriptions_named(
  p_provider text, p_subscriptions text[], p_ids uuid[], p_payments text[], p_invoices text[]) returns uuid[]
language plpgsql stable security definer set search_path = ''
as $$
begin
  return array(
    select s.id from oneai.subscriptions as s
    where s.payment_provider = p_provider and s.provider_subscription_id = any (p_subscriptions)
    union select s.id from oneai.subscriptions as s where s.id = any (p_ids)
    union select p.subscription_id from oneai.payments as p
    where p.payment_provider = p_provider and p.subscription_id is not null and p.provider_payment_id = any (p_payments)
    union select p.subscription_id from oneai.payments as p
    where p.payment_provider = p_provider and p.subscription_id is not null and p.invoice_ref = any (p_invoices));
end
$$;

-- Keeps an event as it came; the state it is in, `new` if nobody knew it. Of an event whose refs are told (p_named, as
-- in oneai.gather_facts) and which speaks of nothing anybody knows: `stored` at once, and the answer is `kept`. If
-- somebody is about to make it known, the event is left to be applied: storing waits for nobody.
drop function oneai.store_event(text, text, text, bytea, text, text, text);
create function oneai.store_event(
  p_provider text, p_event text, p_kind text, p_body bytea, p_subscription text, p_payment text, p_invoice text,
  p_named jsonb default null)
returns text
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  found_state text;
  subscriptions text[] := array(select jsonb_array_elements_text(p_named -> 'subscriptions'));
  payments text[] := array(select jsonb_array_elements_text(p_named -> 'payments'));
  invoices text[] := array(select jsonb_array_elements_text(p_named -> 'invoices'));
  ids uuid[] := array(select jsonb_array_elements_text(p_named -> 'ids')::uuid);
  aside boolean := false;
begin
  if p_named is not null then
    select coalesce(bool_and(pg_try_advisory_xact_lock(hashtextextended(p_provider || ' ' || r.ref, 0))), true)
    into aside from unnest(subscriptions || payments || invoices) as r (ref);
    aside := aside
      and cardinality(oneai.subscriptions_named(p_provider, subscriptions, ids, payments, invoices)) = 0;
  end if;
  insert into oneai.provider_events (
    payment_provider, event_id, kind, body, subscription_ref, payment_ref, invoice_ref, state)
  values (p_provider, p_event, p_kind, p_body, p_subscription, p_payment, p_invoice,
    case when aside then 'stored' else 'unapplied' end)
  on conflict (payment_provider, event_id) do nothing;
  if found then
    return case when aside then 'kept' else 'new' end;
  end if;
  select e.state into found_state from oneai.provider_events as e
  where e.payment_provider = p_provider and e.event_id = p_event;
  return found_state;
end
$$;

-- All facts about these subscriptions of one person (of nobody any more: p_user is null), as oneai/billing/known.py
-- reads them. `p_instruments`: of mandates that are about to be noted.
create or replace function oneai.facts_about(p_user uuid, p_subscriptions uuid[], p_instruments bytea[]) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return jsonb_build_object('user_id', p_user,
    'subscriptions', (select coalesce(jsonb_agg(to_jsonb(s) order by s.id), '[]') from oneai.subscriptions as s
      where s.id = any (p_subscriptions)),
    'payments', (select coalesce(jsonb_agg(to_jsonb(p)), '[]') from oneai.payments as p
      where p.subscription_id = any (p_subscriptions)),
    'refunds', (select coalesce(jsonb_agg(to_jsonb(r)), '[]')
      from oneai.refunds as r join oneai.payments as p on p.id = r.payment_id
      where p.subscription_id = any (p_subscriptions)),
    'disputes', (select coalesce(jsonb_agg(to_jsonb(d)), '[]')
      from oneai.disputes as d join oneai.payments as p on p.id = d.payment_id
      where p.subscription_id = any (p_subscriptions)),
    'marks', (select coalesce(jsonb_agg(to_jsonb(m)), '[]') from oneai.subscription_marks as m
      where m.subscription_id = any (p_subscriptions)),
    'grants', (select coalesce(jsonb_agg(to_jsonb(g)), '[]') from oneai.plan_grants as g where g.user_id = p_user),
    'trial', (select to_jsonb(t) from oneai.trials as t where t.user_id = p_user),
    'prices', (select coalesce(jsonb_agg(to_jsonb(k)), '[]') from oneai.prices as k),
    'asked_back', (select coalesce(jsonb_agg(distinct c.payment_id), '[]') from oneai.provider_calls as c
      where c.subscription_id = any (p_subscriptions) and c.kind = 'refund'),
    'invoiced', (select coalesce(jsonb_agg(i.payment_id), '[]')
      from oneai.invoices as i join oneai.payments as p on p.id = i.payment_id
      where i.kind = 'invoice' and p.subscription_id = any (p_subscriptions)),
    'taken', (select coalesce(jsonb_agg(t.instrument_hash), '[]') from oneai.trials as t
      where t.user_id is distinct from p_user and (t.instrument_hash = any (p_instruments)
        or t.instrument_hash in (
          select s.mandate_instrument_hash from oneai.subscriptions as s where s.id = any (p_subscriptions)))));
end
$$;

-- Events that were put aside because nobody knew what they speak of, and that name one of these refs: the oldest, with
-- what they hold in hexadecimal. Nobody else has them until the transaction ends; whoever has one waits for us.
create function oneai.waiting_events(
  p_provider text, p_event text, p_subscriptions text[], p_payments text[], p_invoices text[]) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('event_id', w.event_id, 'body', encode(w.body, 'hex'))
      order by w.received_at, w.event_id), '[]')
    from (
      select e.event_id, e.body, e.received_at from oneai.provider_events as e
      where e.payment_provider = p_provider and e.state = 'stored' and e.event_id is distinct from p_event
        and (e.subscription_ref = any (p_subscriptions) or e.payment_ref = any (p_payments)
          or e.invoice_ref = any (p_invoices))
        and octet_length(e.body) between 1 and 65536
      order by e.received_at, e.event_id limit 20 for update skip locked) as w);
end
$$;

-- The facts of everybody whom something names, and what time it is; their rows are locked, and before them the event's
-- (p_event, else null). p_named: subscriptions, ids (ours), payments, invoices, instruments, which are those of
-- mandates, in hexadecimal; refs are the provider's. Whoever makes a ref known and whoever
-- finds it unknown wait for each other, so that no event stays unheard, and so do two who try with one instrument. With
-- p_waiting come the events that were waiting for what is named here.
drop function oneai.gather_facts(text, text, jsonb, uuid);
create function oneai.gather_facts(
  p_provider text, p_event text, p_named jsonb, p_user uuid default null, p_waiting boolean default false)
returns jsonb
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  found_state text;
  subscriptions text[] := array(select jsonb_array_elements_text(p_named -> 'subscriptions'));
  payments text[] := array(select jsonb_array_elements_text(p_named -> 'payments'));
  invoices text[] := array(select jsonb_array_elements_text(p_named -> 'invoices'));
  ids uuid[] := array(select jsonb_array_elements_text(p_named -> 'ids')::uuid);
  instruments bytea[] := array(
    select decode(i.hex, 'hex') from jsonb_array_elements_text(p_named -> 'instruments') as i (hex));
  theirs uuid[];
  people uuid[];
begin
  if p_event is not null then
    select e.state into found_state from oneai.provider_events as e
    where e.payment_provider = p_provider and e.event_id = p_event for update;
    if found_state is distinct from 'unapplied' and found_state is distinct from 'stored' then
      return jsonb_build_object('state', found_state);
    end if;
    -- The event is on disk, and is applied again should a crash take what follows from it: nobody waits for that.
    perform set_config('synchronous_commit', 'off', true);
  end if;
  perform pg_advisory_xact_lock(k.key) from (
    select distinct hashtextextended(p_provider || ' ' || r.ref, 0) as key
    from unnest(subscriptions || payments || invoices
      || array(select jsonb_array_elements_text(p_named -> 'instruments'))) as r (ref) order by key) as k;
  theirs := oneai.subscriptions_named(p_provider, subscriptions, ids, payments, invoices);
  people := array(
    select distinct s.user_id from oneai.subscriptions as s where s.id = any (theirs) and s.user_id is not null
    union select p_user where p_user is not null order by 1);
  perform 1 from oneai.users where id = any (people) order by id for no key update;
  perform 1 from oneai.subscriptions where id = any (theirs) and user_id is null order by id for no key update;
  return jsonb_build_object('state', found_state, 'at', oneai.now(), 'people', (
    select coalesce(jsonb_agg(f.facts), '[]') from (
      select oneai.billing_facts(u.id, instruments) as facts
      from oneai.users as u where u.id = any (people)
      union all select oneai.facts_about(null, array[s.id], instruments)
      from oneai.subscriptions as s where s.id = any (theirs) and s.user_id is null) as f),
    'waiting', case when p_waiting and cardinality(theirs) > 0
      then oneai.waiting_events(p_provider, p_event, subscriptions, payments, invoices) else '[]' end);
end
$$;

-- As before; so are the events that were heard with it (p_with).
drop function oneai.settle_everybody(text, text, text, jsonb, text[], text, boolean);
create function oneai.settle_everybody(
  p_provider text, p_event text, p_state text, p_people jsonb, p_known text[], p_found_by text, p_keep boolean,
  p_with text[] default '{}')
returns text[]
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  person record;
  woken text[];
begin
  for person in select * from jsonb_to_recordset(p_people) as n (user_id uuid, facts jsonb, standing jsonb) loop
    perform oneai.note_facts(p_provider, person.user_id, person.facts);
    perform oneai.settle_standing(person.user_id, person.standing, p_found_by, p_keep);
  end loop;
  update oneai.provider_events as e
  set state = p_state, applied_at = case p_state when 'applied' then oneai.now() end, problem = null
  where e.payment_provider = p_provider and e.event_id = p_event;
  update oneai.provider_events as e set state = 'applied', applied_at = oneai.now(), problem = null
  where e.payment_provider = p_provider and e.event_id = any (p_with);
  if cardinality(p_known) = 0 then
    return '{}';
  end if;
  -- Whoever holds one of them waits for us, and will know.
  with asleep as (
    select e.payment_provider, e.event_id from oneai.provider_events as e
    where e.payment_provider = p_provider and e.state = 'stored' and e.event_id is distinct from p_event
      and (e.subscription_ref = any (p_known) or e.payment_ref = any (p_known) or e.invoice_ref = any (p_known))
    for update skip locked
  ), awake as (
    update oneai.provider_events as e set state = 'unapplied' from asleep as a
    where (e.payment_provider, e.event_id) = (a.payment_provider, a.event_id)
    returning e.event_id, e.received_at
  )
  select coalesce(array_agg(a.event_id order by a.received_at), '{}') into woken from awake as a;
  return woken;
end
$$;

revoke execute on function oneai.subscriptions_named, oneai.store_event, oneai.waiting_events, oneai.gather_facts, oneai.settle_everybody from public;
grant execute on function oneai.store_event, oneai.gather_facts, oneai.settle_everybody to oneai_app;
