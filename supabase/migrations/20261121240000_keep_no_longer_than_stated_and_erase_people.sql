-- What is over is removed after a stated time (functions/retention), and people who want to be forgotten are.

-- For the job, which looks for what has been over for long.
create index shares_closed on oneai.shares (least(expires_at, revoked_at)) where taken_down_at is null;
create index outbox_settled on oneai.outbox (settled_at) where settled_at is not null;
create index reservations_settled on oneai.reservations (settled_at) where settled_at is not null;
grant delete on oneai.shares, oneai.operator_alerts to oneai_service;

-- Removes up to `p_most` usage events older than `p_days` whole days (UTC) that are in the roll-ups; how many. The
-- horizon moves with the first of them and never back: sums of before it can no longer be made anew, and are not.
create function oneai.drop_rolled_up_usage(p_days integer, p_most integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  boundary timestamptz := date_trunc('day', oneai.now() - make_interval(days => p_days), 'UTC');
  gone integer;
begin
  update oneai.usage_horizon set kept_from = boundary where kept_from < boundary;
  delete from oneai.usage_events where id in (
    select e.id from oneai.usage_events as e where e.created_at < boundary and e.rolled_up
    order by e.created_at limit p_most for update skip locked);
  get diagnostics gone = row_count;
  return gone;
end
$$;

-- ---------------------------------------------------------------------------------------------------- erasing people

-- What somebody subscribed to and when stays known, of whom does not. The rows of payments stay as they are.
alter table oneai.subscriptions
  alter column user_id drop not null,
  drop constraint subscriptions_user_id_fkey,
  add constraint subscriptions_user_id_fkey foreign key (user_id) references oneai.users (id) on delete set null;
alter table oneai.subscription_history alter column user_id drop not null;

-- Nobody may ask any more under this account, and answers that are being written are asked to stop. `writing`: how many
-- still are; `lapsed`: those of them whose process died, to be settled.
create function oneai.close_account(p_user uuid, out writing integer, out lapsed uuid[])
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.users set suspended_at = oneai.now(), updated_at = oneai.now() where id = p_user and suspended_at is null;
  update oneai.chat_messages set stop_requested_at = oneai.now()
  where user_id = p_user and state = 'streaming' and stop_requested_at is null;
  select count(*), coalesce(array_agg(r.id order by r.id) filter (where r.held_until <= oneai.now()), '{}')
  into writing, lapsed from oneai.reservations as r where r.user_id = p_user and r.settled_at is null;
end
$$;

-- Deletes up to `p_most` conversations of somebody with all that was said in them; how many.
create function oneai.delete_conversations(p_user uuid, p_most integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  gone integer;
begin
  delete from oneai.conversations where id in (
    select c.id from oneai.conversations as c where c.user_id = p_user limit p_most for update);
  get diagnostics gone = row_count;
  return gone;
end
$$;

-- ON412 while somebody can still sign in: whoever has a token would be made a person again by their next question.
create function oneai.check_signed_off(p_user uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  if exists (select from auth.users where id = p_user) then
    raise exception using errcode = 'ON412', message = 'precondition_failed';
  end if;
end
$$;

-- Adds somebody's sums to those of nobody, who has the nil uuid (oneai.usage_of).
create function oneai.erase_from_sums(p_user uuid) returns void
language sql security definer set search_path = ''
as $$
  with theirs as (
    delete from oneai.usage_quarters where user_id = p_user returning *
  )
  insert into oneai.usage_quarters as q
  select '00000000-0000-0000-0000-000000000000', quarter, purpose, model, provider, quota_key, subscription_tier,
    '00000000-0000-0000-0000-000000000000', first_token_bucket, sum(messages), sum(charged), sum(errors),
    sum(prompt_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(cached_tokens), sum(cost_micro_usd)
  from theirs
  group by quarter, purpose, model, provider, quota_key, subscription_tier, first_token_bucket
  on conflict (user_id, quarter, purpose, model, provider, quota_key, subscription_tier, api_key_id, first_token_bucket)
  do update set messages = q.messages + excluded.messages, charged = q.charged + excluded.charged,
    errors = q.errors + excluded.errors, prompt_tokens = q.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = q.completion_tokens + excluded.completion_tokens,
    reasoning_tokens = q.reasoning_tokens + excluded.reasoning_tokens,
    cached_tokens = q.cached_tokens + excluded.cached_tokens,
    cost_micro_usd = q.cost_micro_usd + excluded.cost_micro_usd
$$;

-- The end of somebody whose sign-in is deleted, and with it all that hangs on their row: takes their id out of whatever
-- else has it, but for payments. Coming again changes nothing. ON412 while they can still sign in.
-- Locks the horizon of usage first, as whoever adds it up or makes its sums anew, and then usage, reservations, spend and
-- alerts in that order, as whoever settles. Who writes usage of theirs holds one of
-- the first two; so when both are locked, what the last update sees is all there will ever be.
create function oneai.erase(p_user uuid) returns void
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
  update oneai.subscriptions set user_id = null, metadata = '{}'
  where user_id = p_user or position(named in metadata::text) > 0;
  update oneai.subscription_history set user_id = null, metadata = '{}'
  where user_id = p_user or position(named in metadata::text) > 0;
  perform oneai.erase_from_sums(p_user);
  -- What is written of them to operators; their own mail went with their row.
  delete from oneai.outbox where user_id is null and position(named in data::text) > 0;
  delete from oneai.operator_alerts where subject = named or position(named in detail::text) > 0;
  delete from oneai.files_to_remove
  where key like any (array['users/' || named || '/%', 'uploads/' || named || '/%', 'exports/' || named || '/%']);
end
$$;

-- The title a model wrote after an answer, unless the person has chosen one meanwhile, and what it cost the house:
-- it is never charged. p_title null: it wrote nothing fit to be one. p_bill: model_asked, model, provider,
-- generation_id, price_version, outcome, usage as in settle. Nothing where the person has been erased.
create or replace function oneai.write_title(p_message uuid, p_title text, p_bill jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  held oneai.reservations;
  talk uuid := (select conversation_id from oneai.chat_messages where id = p_message);
  u jsonb := p_bill -> 'usage';
begin
  -- A title's words are noted with its person, who comes before the conversation here too.
  perform oneai.lock_turn(p_message);
  -- Locked, so that who erases the person waits for the usage that is written here.
  select * into held from oneai.reservations where id = p_message for share;
  if not found then
    return;
  end if;
  update oneai.conversations set title = p_title
  where id = talk and p_title is not null and title is null and title_source = 'auto';
  insert into oneai.usage_events (
    user_id, conversation_id, message_id, purpose, outcome, subscription_tier, model_asked, model_served, provider,
    generation_id, prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, cost_micro_usd, estimated,
    price_version)
  values (
    held.user_id, talk, p_message, 'title', p_bill ->> 'outcome', held.subscription_tier, p_bill ->> 'model_asked',
    p_bill ->> 'model', p_bill ->> 'provider', p_bill ->> 'generation_id',
    coalesce((u ->> 'prompt_tokens')::integer, 0), coalesce((u ->> 'completion_tokens')::integer, 0),
    coalesce((u ->> 'reasoning_tokens')::integer, 0), coalesce((u ->> 'cached_tokens')::integer, 0),
    coalesce((u ->> 'cost_micro_usd')::bigint, 0), coalesce((u ->> 'estimated')::boolean, true),
    p_bill ->> 'price_version')
  on conflict do nothing;
  if found then
    perform oneai.add_spend(held.user_id, oneai.today(), 0, coalesce((u ->> 'cost_micro_usd')::bigint, 0));
    perform oneai.add_to_day(held.user_id, null, 0, coalesce((u ->> 'cost_micro_usd')::bigint, 0));
  end if;
end
$$;

revoke execute on function oneai.drop_rolled_up_usage, oneai.close_account, oneai.delete_conversations,
  oneai.check_signed_off, oneai.erase_from_sums, oneai.erase from public;
grant execute on function oneai.drop_rolled_up_usage, oneai.close_account, oneai.delete_conversations,
  oneai.check_signed_off, oneai.erase to oneai_app;
