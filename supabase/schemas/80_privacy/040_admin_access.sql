-- The data that the admin routes read and change, as `oneai_admin`. A request switches to that role after its user was
-- found to be an admin or support. The role has no access to users' texts, hashes of secrets and the content of mail.

create policy "admins" on oneai.users for select to oneai_admin using (true);
create policy "admins" on oneai.workspaces for select to oneai_admin using (true);
create policy "admins" on oneai.workspace_members for select to oneai_admin using (true);
create policy "admins" on oneai.admins for select to oneai_admin using (true);
create policy "admins" on oneai.suspensions for select to oneai_admin using (true);
create policy "admins" on oneai.audit_log for select to oneai_admin using (true);
create policy "admins" on oneai.operator_alerts for select to oneai_admin using (true);
grant select on oneai.users, oneai.workspaces, oneai.workspace_members, oneai.admins, oneai.suspensions,
  oneai.audit_log, oneai.operator_alerts to oneai_admin;

create policy "admins" on oneai.usage_rollups for select to oneai_admin using (true);
create policy "admins" on oneai.usage_events for select to oneai_admin using (true);
create policy "admins" on oneai.usage_quotas for select to oneai_admin using (true);
create policy "admins" on oneai.quota_overrides for select to oneai_admin using (true);
create policy "admins" on oneai.reservations for select to oneai_admin using (true);
create policy "admins" on oneai.reservation_lines for select to oneai_admin using (true);
create policy "admins" on oneai.search_queue for select to oneai_admin using (true);
grant select on oneai.usage_rollups, oneai.usage_events, oneai.usage_quotas, oneai.quota_overrides,
  oneai.reservations, oneai.reservation_lines, oneai.search_queue to oneai_admin;
grant execute on function oneai.to_rollup_row, oneai.latency_bucket, oneai.effective_quota, oneai.is_prepaid_window,
  oneai.effective_limit,
  oneai.next_reset, oneai.window_before to oneai_admin;

create policy "admins" on oneai.api_keys for select to oneai_admin using (true);
grant select on oneai.api_keys to oneai_admin;
grant execute on function oneai.api_key_state to oneai_admin;
grant execute on function oneai.count_news, oneai.enqueue_news to oneai_admin;

create policy "admins" on oneai.subscriptions for select to oneai_admin using (true);
create policy "admins" on oneai.subscription_history for select to oneai_admin using (true);
create policy "admins" on oneai.orders for select to oneai_admin using (true);
create policy "admins" on oneai.payments for select to oneai_admin using (true);
create policy "admins release payments" on oneai.payments for update to oneai_admin using (true);
create policy "admins" on oneai.refunds for select to oneai_admin using (true);
create policy "admins" on oneai.disputes for select to oneai_admin using (true);
create policy "admins" on oneai.provider_events for select to oneai_admin using (true);
create policy "admins replay events" on oneai.provider_events for update to oneai_admin using (true);
create policy "admins" on oneai.provider_operations for select to oneai_admin using (true);
create policy "admins retry operations" on oneai.provider_operations for update to oneai_admin using (true);
create policy "admins" on oneai.plan_grants to oneai_admin using (true) with check (true);
grant select on oneai.subscription_history, oneai.orders, oneai.payments, oneai.refunds, oneai.disputes,
  oneai.provider_events, oneai.provider_operations, oneai.plan_grants to oneai_admin;
-- Without the hash of the payment instrument.
grant select (id, workspace_id, plan_id, status, payment_provider, provider_subscription_id, current_period_start,
  current_period_end, cancel_requested_at, cancelled_at, trial_start, trial_end, created_at, updated_at, period, currency,
  amount, quantity, offer_id, replaces, access_ends_at, cancel_reason, next_sync_at, last_synced_at
) on oneai.subscriptions to oneai_admin;
grant update (released_at, metadata) on oneai.payments to oneai_admin;
grant update (state) on oneai.provider_events to oneai_admin;
grant update (state, due_at, attempts) on oneai.provider_operations to oneai_admin;
grant insert (workspace_id, tier, until, reason), update (revoked_at) on oneai.plan_grants to oneai_admin;

create policy "admins" on oneai.shares for select to oneai_admin using (true);
create policy "admins take shares down" on oneai.shares for update to oneai_admin using (true);
create policy "admins" on oneai.share_reports for select to oneai_admin using (true);
create policy "admins acknowledge alerts" on oneai.operator_alerts for update to oneai_admin using (true);
create policy "admins" on oneai.conversations for select to oneai_admin using (true);
-- The hash identifies a link, but does not open it.
grant select (id, user_id, conversation_id, token_hash, kind, title, expires_at, revoked_at, taken_down_at, report_count,
  last_reported_at, report_due_at, created_at) on oneai.shares to oneai_admin;
grant update (taken_down_at, report_due_at) on oneai.shares to oneai_admin;
grant select on oneai.share_reports to oneai_admin;
grant update (acknowledged_at) on oneai.operator_alerts to oneai_admin;
-- Only the title of a shared conversation.
grant select (id, user_id, title) on oneai.conversations to oneai_admin;

create policy "admins" on oneai.outbox for select to oneai_admin using (true);
create policy "admins retry mail" on oneai.outbox for update to oneai_admin using (true);
create policy "admins" on oneai.exports for select to oneai_admin using (true);
create policy "admins retry exports" on oneai.exports for update to oneai_admin using (true);
create policy "admins" on oneai.imports for select to oneai_admin using (true);
grant select (id, user_id, kind, state, attempts, due_at, settled_at, problem, created_at),
  update (state, attempts, due_at, settled_at, problem, waiting_since) on oneai.outbox to oneai_admin;
grant select (id, user_id, format, state, error, attempts, created_at), update (state, attempts, error)
  on oneai.exports to oneai_admin;
grant select (id, user_id, state, error, attempts, created_at) on oneai.imports to oneai_admin;

-- Searches users by the start of any word of their name, and of their e-mail address. A rare start is found by its
-- letters; for a common one, the first of a page are found by reading names in order.
create extension if not exists pg_trgm with schema extensions;
create index users_by_name_words on oneai.users using gin ((' ' || lower(name)) extensions.gin_trgm_ops);
create index users_by_name on oneai.users (lower(name) collate "C", id);
create index users_by_email on oneai.users (lower(email) collate "C", id);
create index workspaces_by_tier_and_creation on oneai.workspaces (subscription_tier, created_at, id);
create index users_suspended on oneai.users (created_at, id) where suspended_at is not null;

-- The ids of users with a word of their name that starts so, by name. It runs as its owner and plans each pattern
-- separately: with policies the planner ignores its statistics of names, and would sort every match of a common start.
create function oneai.find_users_by_name(
  p_name_pattern text, p_not_email_pattern text, p_tier text, p_status text, p_after_name text, p_after_id uuid,
  p_limit integer
) returns setof uuid
-- The size of a page, which the planner cannot know.
language plpgsql stable security definer rows 50 set search_path = ''
as $$
begin
  return query execute
    'select u.id from oneai.users as u where '' '' || lower(u.name) like $1
      and coalesce(lower(u.email) collate "C" not like $2, true)'
    || case when p_tier is not null
      then ' and exists (select from oneai.workspaces as w where w.id = u.id and w.subscription_tier = $3)' else '' end
    || case p_status when 'suspended' then ' and u.suspended_at is not null'
      when 'deleting' then ' and u.deletes_at is not null'
      when 'active' then ' and u.suspended_at is null and u.deletes_at is null' else '' end
    || case when p_after_id is not null then ' and (lower(u.name) collate "C", u.id) > ($4, $5)' else '' end
    || ' order by lower(u.name) collate "C", u.id limit $6'
    using p_name_pattern, p_not_email_pattern, p_tier, p_after_name, p_after_id, p_limit;
end
$$;
revoke execute on function oneai.find_users_by_name from public;
grant execute on function oneai.find_users_by_name to oneai_admin;
