-- Retention (`retention` of functions/maintenance), and the erasure of users.

-- Deletes at most `p_limit` rolled-up usage events older than `p_days` whole days (UTC); returns how many. `kept_from`
-- only advances: rollups before it can no longer be rebuilt.
create function oneai.delete_rolled_up_usage(p_days integer, p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  boundary timestamptz := date_trunc('day', oneai.now() - make_interval(days => p_days), 'UTC');
  deleted_count integer;
begin
  update oneai.usage_retention set kept_from = boundary where kept_from < boundary;
  delete from oneai.usage_events where id in (
    select e.id from oneai.usage_events as e where e.created_at < boundary and e.rolled_up
    order by e.created_at limit p_limit for update skip locked);
  get diagnostics deleted_count = row_count;
  return deleted_count;
end
$$;
revoke execute on function oneai.delete_rolled_up_usage from public;
grant execute on function oneai.delete_rolled_up_usage to oneai_app;

-- Empties the bodies of at most `p_limit` events: of subscriptions whose workspace was erased; parked ones after
-- p_parked_days, because their workspace is unknown; and pending ones after p_pending_days, which are then given up.
-- Returns how many.
create function oneai.purge_event_bodies(p_limit integer, p_parked_days integer, p_pending_days integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  purged_count integer;
begin
  update oneai.provider_events as e set body = '', problem = null, state = 'processed'
  where (e.payment_provider, e.event_id) in (
    select o.payment_provider, o.event_id from oneai.provider_events as o
    where o.body <> '' and (
      o.received_at <= oneai.now() - make_interval(days => case o.state
        when 'parked' then p_parked_days when 'pending' then p_pending_days end)
      or o.state <> 'pending' and (o.payment_provider, o.subscription_ref) in (
        select s.payment_provider, s.provider_subscription_id from oneai.subscriptions as s
        where s.workspace_id is null)
      or o.state <> 'pending' and (o.payment_provider, o.payment_ref) in (
        select p.payment_provider, p.provider_payment_id
        from oneai.payments as p left join oneai.subscriptions as s on s.id = p.subscription_id
        left join oneai.orders as b on b.id = p.order_id
        where coalesce(s.id, b.id) is not null and coalesce(s.workspace_id, b.workspace_id) is null))
    limit p_limit for update skip locked);
  get diagnostics purged_count = row_count;
  return purged_count;
end
$$;
revoke execute on function oneai.purge_event_bodies from public;
grant execute on function oneai.purge_event_bodies to oneai_app;

-- When a workspace is deleted, for a personal one with its user's sign-in: ends its subscriptions, and keeps its id in
-- them until erasure.
create function oneai.on_workspace_deleted() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.end_subscriptions(old.id);
  -- From now on each is projected alone: it ends when another one had replaced it.
  update oneai.subscriptions
  set metadata = metadata || jsonb_build_object('was', old.id),
      access_ends_at = case when access_ends_at is not null then least(access_ends_at, superseded_at) end
  where workspace_id = old.id;
  return old;
end
$$;
revoke execute on function oneai.on_workspace_deleted from public;

create trigger oneai_on_workspace_deleted before delete on oneai.workspaces
  for each row execute function oneai.on_workspace_deleted();

-- Suspends the account and requests its running answers to stop. `writing`: how many are still open; `expired`: those
-- among them whose process died, to be settled.
create function oneai.close_account(p_user uuid, out writing integer, out expired uuid[])
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.users set suspended_at = oneai.now(), updated_at = oneai.now() where id = p_user and suspended_at is null;
  update oneai.chat_messages set stop_requested_at = oneai.now()
  where user_id = p_user and state = 'streaming' and stop_requested_at is null;
  select count(*), coalesce(array_agg(r.id order by r.id) filter (where r.held_until <= oneai.now()), '{}')
  into writing, expired from oneai.reservations as r where r.user_id = p_user and r.settled_at is null;
end
$$;
revoke execute on function oneai.close_account from public;
grant execute on function oneai.close_account to oneai_app;

-- Deletes at most `p_limit` of the user's conversations with their messages, but those that are shared with a team;
-- returns how many.
create function oneai.delete_conversations(p_user uuid, p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  deleted_count integer;
begin
  delete from oneai.conversations where id in (
    select c.id from oneai.conversations as c
    where c.user_id = p_user and c.visibility = 'private' limit p_limit for update);
  get diagnostics deleted_count = row_count;
  return deleted_count;
end
$$;
revoke execute on function oneai.delete_conversations from public;
grant execute on function oneai.delete_conversations to oneai_app;

-- ON412 while the sign-in exists: the next question would create the user again.
create function oneai.require_sign_in_deleted(p_user uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  if exists (select from auth.users where id = p_user) then
    raise exception using errcode = 'ON412', message = 'precondition_failed';
  end if;
end
$$;
revoke execute on function oneai.require_sign_in_deleted from public;
grant execute on function oneai.require_sign_in_deleted to oneai_app;

-- Moves the rollups of a workspace to the nil uuid (oneai.to_rollup_row).
create function oneai.anonymize_rollups(p_workspace uuid) returns void
language sql security definer set search_path = ''
as $$
  with deleted as (
    delete from oneai.usage_rollups where workspace_id = p_workspace returning *
  )
  insert into oneai.usage_rollups as q
  select '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', quarter_hour, purpose, model,
    provider, quota_key, subscription_tier,
    '00000000-0000-0000-0000-000000000000', first_token_bucket, sum(messages), sum(charged), sum(errors),
    sum(prompt_tokens), sum(completion_tokens), sum(reasoning_tokens), sum(cached_tokens), sum(cost_micro_usd),
    paid_by, sum(credits_micro_usd)
  from deleted
  group by quarter_hour, purpose, model, provider, quota_key, subscription_tier, first_token_bucket, paid_by
  on conflict (
    workspace_id, quarter_hour, user_id, purpose, model, provider, quota_key, subscription_tier, api_key_id,
    first_token_bucket, paid_by)
  do update set messages = q.messages + excluded.messages, charged = q.charged + excluded.charged,
    errors = q.errors + excluded.errors, prompt_tokens = q.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = q.completion_tokens + excluded.completion_tokens,
    reasoning_tokens = q.reasoning_tokens + excluded.reasoning_tokens,
    cached_tokens = q.cached_tokens + excluded.cached_tokens,
    cost_micro_usd = q.cost_micro_usd + excluded.cost_micro_usd,
    credits_micro_usd = q.credits_micro_usd + excluded.credits_micro_usd
$$;
revoke execute on function oneai.anonymize_rollups from public;

-- Removes the workspace from billing rows. Invoices keep the buyer, as the law requires; a payment instrument keeps its
-- trial. Locks events before subscriptions, as event processing does. A pending event keeps its body until it is
-- processed (oneai.purge_event_bodies).
create function oneai.anonymize_billing(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  nil constant uuid := '00000000-0000-0000-0000-000000000000';
  subscription_ids uuid[] := array(
    select s.id from oneai.subscriptions as s
    where s.workspace_id = p_workspace or position(p_workspace::text in s.metadata::text) > 0
      or s.id in (select p.subscription_id from oneai.payments as p where p.workspace_id = p_workspace));
begin
  update oneai.provider_events as e set body = '', problem = null, state = 'processed'
  where e.body <> '' and e.state <> 'pending' and (
    (e.payment_provider, e.subscription_ref) in (
      select s.payment_provider, s.provider_subscription_id from oneai.subscriptions as s where s.id = any (subscription_ids))
    or (e.payment_provider, e.payment_ref) in (
      select p.payment_provider, p.provider_payment_id from oneai.payments as p where p.workspace_id = p_workspace)
    or (e.payment_provider, e.invoice_ref) in (
      select p.payment_provider, p.invoice_ref from oneai.payments as p where p.workspace_id = p_workspace));
  update oneai.subscriptions
  -- The merged snapshot data names no user, and the projection needs it.
  set workspace_id = null, cancel_reason = null, short_url = null, snapshot = snapshot - 'short_url',
      mandate_instrument_hash = null, holder_id = null,
      metadata = case when metadata ? 'snapshot_history' then jsonb_build_object('snapshot_history', metadata -> 'snapshot_history') else '{}' end
  where id = any (subscription_ids);
  update oneai.orders set workspace_id = null where workspace_id = p_workspace;
  update oneai.seat_orders set workspace_id = null where workspace_id = p_workspace;
  update oneai.offers set workspace_id = null, project_at = null where workspace_id = p_workspace;
  update oneai.subscription_history set workspace_id = null, metadata = '{}'
  where workspace_id = p_workspace or position(p_workspace::text in metadata::text) > 0;
  update oneai.invoices set workspace_id = null where workspace_id = p_workspace;
  -- Credits are lost with their workspace.
  perform oneai.void_credit_grant(g.id) from oneai.credit_grants as g
  where g.workspace_id = p_workspace and g.bonus_of is null and g.voided_at is null;
  delete from oneai.trials where workspace_id = p_workspace and instrument_hash is null;
  update oneai.trials set user_id = gen_random_uuid(), workspace_id = gen_random_uuid(), subscription_id = nil
  where workspace_id = p_workspace;
end
$$;
revoke execute on function oneai.anonymize_billing from public;

-- Anonymizes the usage that a workspace paid for, whose row is deleted or will be: events and rollups lose workspace and
-- user, and reservations are deleted. Locks usage_retention first, as rollups and rebuilds do, and then usage events,
-- reservations, spend and alerts in that order, as settlement does. Every writer of the workspace's usage holds one of
-- the first two, so once both are locked, the last update sees all rows there will ever be.
create function oneai.erase_usage(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from oneai.usage_retention for update;
  perform 1 from oneai.usage_events where workspace_id = p_workspace for update;
  perform 1 from oneai.reservations where workspace_id = p_workspace for update;
  -- Expires answers that did not stop; their processes will not find them.
  update oneai.reservations set held_until = oneai.now() where workspace_id = p_workspace and settled_at is null;
  perform oneai.expire_answer(o.id) from (
    select r.id from oneai.reservations as r where r.workspace_id = p_workspace and r.settled_at is null
    order by r.spend_day, r.model_asked) as o;
  delete from oneai.reservations where workspace_id = p_workspace;
  perform oneai.add_active_days(array(
    select e from oneai.usage_events as e where e.workspace_id = p_workspace and not e.rolled_up),
    oneai.lock_daily_sums());
  update oneai.usage_events set workspace_id = null, user_id = null, api_key_id = null, conversation_id = null
  where workspace_id = p_workspace;
  perform oneai.anonymize_rollups(p_workspace);
end
$$;
revoke execute on function oneai.erase_usage from public;

-- Removes a user from the usage that teams paid for: it remains the team's, as that of a former member. Locks as
-- oneai.erase_usage does.
create function oneai.erase_member_usage(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  nil constant uuid := '00000000-0000-0000-0000-000000000000';
begin
  perform 1 from oneai.usage_retention for update;
  perform 1 from oneai.usage_events where user_id = p_user and user_id <> workspace_id for update;
  perform 1 from oneai.reservations where user_id = p_user and user_id <> workspace_id for update;
  update oneai.reservations set held_until = oneai.now()
  where user_id = p_user and user_id <> workspace_id and settled_at is null;
  perform oneai.expire_answer(o.id) from (
    select r.id from oneai.reservations as r
    where r.user_id = p_user and r.user_id <> r.workspace_id and r.settled_at is null
    order by r.spend_day, r.model_asked) as o;
  update oneai.reservations set user_id = nil where user_id = p_user and user_id <> workspace_id;
  delete from oneai.credit_limits where kind = 'member' and subject_id = p_user;
  perform oneai.add_active_days(array(
    select e from oneai.usage_events as e where e.user_id = p_user and e.user_id <> e.workspace_id and not e.rolled_up),
    oneai.lock_daily_sums());
  update oneai.usage_events set user_id = null where user_id = p_user and user_id <> workspace_id;
  with moved as (
    delete from oneai.usage_rollups where user_id = p_user and user_id <> workspace_id returning *
  )
  insert into oneai.usage_rollups as q
  select workspace_id, nil, quarter_hour, purpose, model, provider, quota_key, subscription_tier, api_key_id,
    first_token_bucket, messages, charged, errors, prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens,
    cost_micro_usd, paid_by, credits_micro_usd
  from moved
  on conflict (
    workspace_id, quarter_hour, user_id, purpose, model, provider, quota_key, subscription_tier, api_key_id,
    first_token_bucket, paid_by)
  do update set messages = q.messages + excluded.messages, charged = q.charged + excluded.charged,
    errors = q.errors + excluded.errors, prompt_tokens = q.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = q.completion_tokens + excluded.completion_tokens,
    reasoning_tokens = q.reasoning_tokens + excluded.reasoning_tokens,
    cached_tokens = q.cached_tokens + excluded.cached_tokens,
    cost_micro_usd = q.cost_micro_usd + excluded.cost_micro_usd,
    credits_micro_usd = q.credits_micro_usd + excluded.credits_micro_usd;
end
$$;
revoke execute on function oneai.erase_member_usage from public;

-- Erases a user whose sign-in, and with it the `users` row and the personal workspace, is deleted: removes the id,
-- which is that of both, from all other tables; payments and invoices remain. Idempotent. ON412 while the sign-in
-- exists. Locks as oneai.erase_usage does.
create function oneai.erase(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  id_text text := p_user::text;
begin
  perform oneai.require_sign_in_deleted(p_user);
  perform oneai.erase_usage(p_user);
  perform oneai.erase_member_usage(p_user);
  perform oneai.forget_active_days(p_user);
  perform oneai.forget_customer(p_user);
  perform oneai.anonymize_billing(p_user);
  -- A trial of a team stays used, by a person who can no longer be named.
  update oneai.trials set user_id = gen_random_uuid() where user_id = p_user;
  perform oneai.anonymize_audit_log(p_user);
  -- Whose instrument it was can no longer be named; no other owner becomes its holder.
  update oneai.subscriptions set holder_id = gen_random_uuid() where holder_id = p_user;
  -- Mail to others that names the user: what is not sent has lost its cause, and of the rest only the cause remains, so
  -- that it is not sent again.
  delete from oneai.outbox where named @> array[p_user] and state in ('waiting', 'sending', 'failed');
  update oneai.outbox set data = '{}', named = null, cause_key = replace(cause_key, id_text, gen_random_uuid()::text)
  where named @> array[p_user];
  -- Mail to operators about the user; the user's own mail was deleted with the row.
  delete from oneai.outbox where user_id is null and position(id_text in data::text) > 0;
  delete from oneai.rate_limits where subject = id_text;
  delete from oneai.operator_alerts where subject = id_text or position(id_text in detail::text) > 0;
  delete from oneai.account_deletions where user_id = p_user;
  delete from oneai.member_usage where user_id = p_user;
  delete from oneai.member_spend where user_id = p_user;
  delete from oneai.former_member_limits where user_id = p_user;
  delete from oneai.files_to_remove
  where key like any (array['users/' || id_text || '/%', 'uploads/' || id_text || '/%', 'exports/' || id_text || '/%',
    'documents/' || id_text || '/%']);
end
$$;
revoke execute on function oneai.erase from public;
grant execute on function oneai.erase to oneai_app;
