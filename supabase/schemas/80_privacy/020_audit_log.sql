-- The audit log: who did what to whom, when, from where and why. Rows are written in the transaction of the action.

-- No foreign keys, because it outlives users. `actor` is the id of a user or admin, else the name of the operator, of
-- the payment provider or of the job. `user_id` is the account that the action concerns. Erasing a user replaces the id
-- with a random one, the same in all rows.
create table oneai.audit_log (
  id bigint generated always as identity primary key,
  created_at timestamptz not null default oneai.now(),
  actor_kind text not null check (actor_kind in ('user', 'operator', 'admin', 'provider', 'system')),
  actor text not null check (length(actor) between 1 and 200),
  action text not null check (action in (
    'session.create', 'session.revoke',
    'api_key.create', 'api_key.update', 'api_key.rotate', 'api_key.revoke', 'api_key.report',
    'provider_key.create', 'provider_key.update', 'provider_key.delete', 'provider_key.report', 'data_key.suspect',
    'account.suspend', 'account.unsuspend', 'account.delete', 'account.restore', 'account.erase',
    'data_export.create', 'role.change',
    'plan.change', 'plan_grant.create', 'plan_grant.revoke', 'quota_override.create', 'quota_override.revoke',
    'quota.reset', 'price.create', 'price.change', 'payment_providers.change', 'payment.release', 'payment.refund', 'subscription.sync', 'job.retry',
    'provider_event.replay', 'provider_operation.retry',
    'share.take_down', 'operator_alert.acknowledge', 'openrouter_key.create', 'openrouter_key.disable',
    'secret.rotate', 'maintenance.start', 'maintenance.end', 'news.send', 'incident.open', 'incident.update', 'incident.resolve',
    'consent.grant', 'consent.revoke', 'share.dismiss_reports', 'model_sections.change', 'second_factor.add',
    'second_factor.remove', 'passkey.add', 'passkey.remove',
    'workspace.delete', 'workspace.restore', 'workspace.erase', 'workspace.transfer', 'workspace.accept_transfer',
    'workspace.withdraw_transfer', 'workspace.inherit',
    'workspace.create', 'workspace.update', 'member.role', 'member.limit', 'member.remove', 'member.leave',
    'invitation.create', 'invitation.resend', 'invitation.revoke', 'invitation.accept',
    'workspace.suspend', 'workspace.unsuspend', 'support.answer',
    'offer.create', 'offer.accept', 'offer.withdraw', 'offer.mark_paid', 'offer.refund', 'bank_account.change',
    'credit_package.change', 'credits.refund', 'credits.grant', 'credits.revoke', 'credits.release', 'credits.limit', 'credits.level',
    'credits.recharge_on', 'credits.recharge_off',
    'chatbot.create', 'chatbot.update', 'chatbot.publish', 'chatbot.pause', 'chatbot.resume', 'chatbot.reset', 'chatbot.delete',
    'chatbot.evaluate', 'chatbot.restore', 'chatbot.move', 'chatbot.suspend', 'chatbot.unsuspend', 'chatbot.dismiss_reports',
    'identity_secret.create', 'identity_secret.delete', 'inbox.delete', 'inbox.read',
    'visitor.erase')),
  user_id uuid,
  -- The team in which it happened; null for what concerns one user alone.
  workspace_id uuid,
  target_kind text check (length(target_kind) between 1 and 50),
  target_id text check (length(target_id) <= 200),
  reason text check (length(reason) <= 1000),
  ip inet,
  -- For an operator: the command and the host it ran on.
  user_agent text check (length(user_agent) <= 500),
  request_id text check (length(request_id) <= 200),
  detail jsonb not null default '{}' check (jsonb_typeof(detail) = 'object' and length(detail::text) <= 4000),
  check (actor_kind not in ('user', 'admin') or actor ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')
);
create index audit_log_of_user on oneai.audit_log (user_id, id desc) where user_id is not null;
create index audit_log_by_actor on oneai.audit_log (actor, id desc);
create index audit_log_by_target on oneai.audit_log (target_id, target_kind, id desc) where target_id is not null;
create index audit_log_by_action on oneai.audit_log (action, id desc);
create index audit_log_by_request on oneai.audit_log (request_id) where request_id is not null;
create index audit_log_of_workspace on oneai.audit_log (workspace_id, id desc) where workspace_id is not null;
create index audit_log_by_time on oneai.audit_log (created_at);

-- Functions write it through oneai.record_audit; admins and operators read it.
alter table oneai.audit_log enable row level security;
revoke all on oneai.audit_log from anon, authenticated, service_role;

-- Append-only, also for the owner: a row may only lose data that identifies a user whose sign-in is deleted, and can be
-- deleted only a year after it was written.
create function oneai.protect_audit_log() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  before_user uuid;
  before_actor uuid;
begin
  if tg_op = 'DELETE' and old.created_at < oneai.now() - interval '365 days' then
    return old;
  elsif tg_op = 'UPDATE' then
    before_user := case when new.user_id is distinct from old.user_id then old.user_id end;
    before_actor := case when new.actor <> old.actor and old.actor_kind in ('user', 'admin') then old.actor::uuid end;
    if (new.id, new.created_at, new.actor_kind, new.action, new.target_kind, new.workspace_id)
        is not distinct from (
          old.id, old.created_at, old.actor_kind, old.action, old.target_kind, old.workspace_id)
      and (new.ip, new.user_agent, new.request_id) is not distinct from (null::inet, null::text, null::text)
      and (new.target_id is null or new.target_id in (old.target_id, new.user_id::text))
      and (new.reason is null or new.reason = old.reason) and (new.detail = '{}' or new.detail = old.detail)
      and coalesce(before_user, before_actor) is not null
      and (new.actor = old.actor or before_actor is not null)
      and not exists (
        select from auth.users where id in (before_user, before_actor)
          or id = case when before_user is not null then new.user_id end)
    then
      return new;
    end if;
  end if;
  raise exception using errcode = '42501', message = 'oneai.audit_log is append-only';
end
$$;
revoke execute on function oneai.protect_audit_log from public;

create trigger audit_log_append_only before update or delete on oneai.audit_log
  for each row execute function oneai.protect_audit_log();
create trigger audit_log_not_truncated before truncate on oneai.audit_log
  for each statement execute function oneai.protect_audit_log();

-- The text without what looks like a credential: keys of ours, of OpenRouter, OpenAI and Supabase, JWTs, and passwords
-- in addresses. Callers pass none, but an operator may paste one into a reason, or a client send one as its user agent.
create function oneai.redact_credentials(p_text text) returns text
language sql immutable
as $$
  select pg_catalog.regexp_replace(pg_catalog.regexp_replace(p_text,
    '(oneai_sk_|sb_secret_|whsec_|\msk-)[A-Za-z0-9_-]{16,}|\meyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*',
    '[redacted]', 'g'),
    '://([^:/@\s"]*):[^@\s"]+@', '://\1:[redacted]@', 'g')
$$;
revoke execute on function oneai.redact_credentials from public;

-- The origin of the request with this message (`ip`, `user_agent`, `request_id`); null in jobs and commands.
create function oneai.request_origin() returns json
language sql stable
as $$ select nullif(current_setting('oneai.request_origin', true), '')::json $$;
revoke execute on function oneai.request_origin from public;

-- Records one action; call it in its transaction. The action of a user or an admin has the origin of its request. Texts
-- that are too long are cut and a detail that is too large is dropped, so that the action does not fail. A user's own
-- action concerns the user's account unless p_user is set. A user whose sign-in is deleted is recorded as after
-- erasure: with a random id, and without a reason. What happens in a team has its id.
create function oneai.record_audit(
  p_actor_kind text, p_actor text, p_action text, p_user uuid default null, p_target_kind text default null,
  p_target_id text default null, p_reason text default null, p_ip inet default null, p_user_agent text default null,
  p_request_id text default null, p_detail jsonb default '{}', p_workspace uuid default null
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  subject uuid := coalesce(p_user, case when p_actor_kind = 'user' then p_actor::uuid end);
  opaque text;
  target text := p_target_id;
  actor text := p_actor;
  details text := oneai.redact_credentials(coalesce(p_detail, '{}')::text);
  -- The team: p_workspace, the workspace that the action changed, or for what belongs to a workspace that of the
  -- request; not a personal one, whose id is its user's.
  team uuid := (
    select w.id from oneai.workspaces as w
    where w.kind = 'team' and w.id = coalesce(p_workspace, case
      when p_target_kind = 'workspace' then p_target_id::uuid
      when split_part(p_action, '.', 1) in ('api_key', 'invitation', 'member')
        then nullif(current_setting('oneai.workspace', true), '')::uuid end));
  origin json := case when p_actor_kind in ('user', 'admin') or p_action = 'api_key.report'
    then oneai.request_origin() end;
begin
  -- The user cannot be deleted until this transaction ends, so that erasure sees this row.
  perform 1 from oneai.users where id = subject for key share;
  if subject is not null and not found and not exists (select from auth.users where id = subject) then
    opaque := gen_random_uuid();
    target := case when target = subject::text then opaque end;
    actor := case when actor = subject::text then opaque else actor end;
    subject := opaque::uuid;
    details := '{}';
    origin := null;
  end if;
  insert into oneai.audit_log (
    actor_kind, actor, action, user_id, workspace_id, target_kind, target_id, reason, ip, user_agent, request_id, detail)
  values (
    p_actor_kind, left(oneai.redact_credentials(actor), 200), p_action, subject, team, p_target_kind,
    left(target, 200),
    case when opaque is null then left(oneai.redact_credentials(nullif(btrim(p_reason), '')), 1000) end,
    coalesce(p_ip, (origin ->> 'ip')::inet),
    left(oneai.redact_credentials(coalesce(p_user_agent, origin ->> 'user_agent')), 500),
    left(oneai.redact_credentials(coalesce(p_request_id, origin ->> 'request_id')), 200),
    case when length(details::jsonb::text) <= 4000 then details::jsonb else '{"dropped": "too large"}' end);
end
$$;
revoke execute on function oneai.record_audit from public;
grant execute on function oneai.record_audit to oneai_app, oneai_admin;

-- What a user may see of the log, oldest first: the user's own actions, and actions about the account. It hides which
-- operator acted, why and from where; and, for an admin's actions on other accounts, those accounts.
create function oneai.audit_log_to_export(p_user uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'created_at', a.created_at, 'actor', case when a.own then 'you' else a.actor_kind end, 'action', a.action,
    'target_kind', a.target_kind, 'target_id', case when a.about then a.target_id end,
    'reason', case when a.own and a.about then a.reason end,
    'ip', case when a.own then host(a.ip) end, 'user_agent', case when a.own then a.user_agent end,
    'request_id', case when a.own then a.request_id end,
    'detail', case when a.about and a.actor_kind not in ('operator', 'admin') then a.detail else '{}' end)
    order by a.id), '[]')
  from (
    select l.*, l.actor = p_user::text and l.actor_kind in ('user', 'admin') as own,
      l.user_id is not distinct from p_user as about
    from oneai.audit_log as l
    where l.user_id = p_user or (l.actor = p_user::text and l.actor_kind in ('user', 'admin'))) as a
$$;
revoke execute on function oneai.audit_log_to_export from public;
grant execute on function oneai.audit_log_to_export to oneai_app;

-- Replaces an erased user's id with a random one. Entries about the user's account lose everything else that could
-- identify the user: target, reason, origin, details. An admin's actions on other accounts lose their origin.
create function oneai.anonymize_audit_log(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  id_text text := p_user::text;
  opaque uuid := gen_random_uuid();
begin
  update oneai.audit_log
  set user_id = case when user_id = p_user then opaque else user_id end,
      actor = case when actor = id_text then opaque::text else actor end,
      target_id = case when user_id is distinct from p_user then target_id when target_id = id_text then opaque::text end,
      reason = case when user_id is distinct from p_user then reason end,
      detail = case when user_id is distinct from p_user then detail else '{}' end,
      ip = null, user_agent = null, request_id = null
  where user_id = p_user or actor = id_text;
end
$$;
revoke execute on function oneai.anonymize_audit_log from public;

-- Deletes at most `p_limit` rows that are older than `p_days` days, which must be at least 365; returns their number.
create function oneai.delete_audit_log(p_days integer, p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  deleted_count integer;
begin
  delete from oneai.audit_log where id in (
    select a.id from oneai.audit_log as a where a.created_at < oneai.now() - make_interval(days => p_days)
    order by a.created_at limit p_limit for update skip locked);
  get diagnostics deleted_count = row_count;
  return deleted_count;
end
$$;
revoke execute on function oneai.delete_audit_log from public;
grant execute on function oneai.delete_audit_log to oneai_app;

-- Records a sign-in. It must never fail or wait here; if the row cannot be written, operators are alerted.
create function oneai.on_sign_in() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '1s'
as $$
begin
  perform oneai.record_audit('user', new.user_id::text, 'session.create', new.user_id, 'session', new.id::text,
    p_ip => new.ip, p_user_agent => new.user_agent);
  return null;
exception when others then
  begin
    perform oneai.raise_alert('audit_incomplete', 'session.create', jsonb_build_object('error', sqlerrm));
  exception when others then
    raise warning 'a sign-in was not recorded: %', sqlerrm;
  end;
  return null;
end
$$;
revoke execute on function oneai.on_sign_in from public;

create trigger oneai_on_sign_in after insert on auth.sessions
  for each row execute function oneai.on_sign_in();
