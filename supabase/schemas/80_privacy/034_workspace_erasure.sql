-- The erasure of teams after their grace period, in steps that can be repeated (oneai/accounts/team_deletion_job.py).

-- The next team to erase, oldest first, or null. From then on it cannot be restored; it is claimed again after half an
-- hour unless it is erased by then.
create function oneai.claim_workspace_deletion() returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  claimed uuid;
begin
  insert into oneai.workspace_deletions (workspace_id, deletes_at)
  select w.id, w.deletes_at from (
    select o.id, o.deletes_at from oneai.workspaces as o
    where o.deletes_at <= oneai.now() and o.kind = 'team'
      and not exists (select from oneai.workspace_deletions as d where d.workspace_id = o.id)
    order by o.deletes_at, o.id limit 100 for no key update skip locked) as w
  on conflict (workspace_id) do nothing;
  update oneai.workspace_deletions set next_attempt_at = oneai.now() + interval '30 minutes'
  where workspace_id = (
    select d.workspace_id from oneai.workspace_deletions as d where d.next_attempt_at <= oneai.now()
    order by d.deletes_at, d.workspace_id limit 1 for update skip locked)
  returning workspace_id into claimed;
  return claimed;
end
$$;
revoke execute on function oneai.claim_workspace_deletion from public;
grant execute on function oneai.claim_workspace_deletion to oneai_app;

-- Requests the running answers of a team to stop. `writing`: how many are still open; `expired`: those among them whose
-- process died, to be settled.
create function oneai.stop_answers_of_workspace(p_workspace uuid, out writing integer, out expired uuid[])
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.chat_messages set stop_requested_at = oneai.now()
  where state = 'streaming' and stop_requested_at is null and id in (
    select r.id from oneai.reservations as r where r.workspace_id = p_workspace and r.settled_at is null);
  select count(*), coalesce(array_agg(r.id order by r.id) filter (where r.held_until <= oneai.now()), '{}')
  into writing, expired from oneai.reservations as r where r.workspace_id = p_workspace and r.settled_at is null;
end
$$;
revoke execute on function oneai.stop_answers_of_workspace from public;
grant execute on function oneai.stop_answers_of_workspace to oneai_app;

-- Deletes at most `p_limit` of the workspace's conversations with their messages; returns how many.
create function oneai.delete_conversations_of_workspace(p_workspace uuid, p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  deleted_count integer;
begin
  delete from oneai.conversations where id in (
    select c.id from oneai.conversations as c where c.workspace_id = p_workspace limit p_limit for update);
  get diagnostics deleted_count = row_count;
  return deleted_count;
end
$$;
revoke execute on function oneai.delete_conversations_of_workspace from public;
grant execute on function oneai.delete_conversations_of_workspace to oneai_app;

-- Deletes the row of a team whose erasure was claimed, with its members and all that refers to it, and mails its owners.
-- Idempotent: does nothing for a team that is deleted already, and for one that no job claimed.
create function oneai.delete_team(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  team oneai.workspaces;
begin
  select * into team from oneai.workspaces where id = p_workspace and kind = 'team' for update;
  if not found or not exists (select from oneai.workspace_deletions where workspace_id = p_workspace) then
    return;
  end if;
  perform oneai.mail_owners(p_workspace, 'workspace_deletion', 'erased',
    jsonb_build_object('event', 'erased', 'workspace', team.name, 'slug', team.slug, 'at', oneai.now()));
  perform oneai.record_audit('system', 'delete_accounts', 'workspace.erase', null, 'workspace', p_workspace::text,
    p_workspace => p_workspace);
  delete from oneai.workspaces where id = p_workspace;
end
$$;
revoke execute on function oneai.delete_team from public;
grant execute on function oneai.delete_team to oneai_app;

-- Erases a team whose row is deleted: removes its id from usage and billing; payments, invoices and the audit log
-- remain. Idempotent. ON412 while its row exists. Locks as oneai.erase does.
create function oneai.erase_workspace(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from oneai.workspaces where id = p_workspace) then
    raise exception using errcode = 'ON412', message = 'precondition_failed';
  end if;
  perform oneai.erase_usage(p_workspace);
  perform oneai.forget_customer(p_workspace);
  perform oneai.anonymize_billing(p_workspace);
  delete from oneai.rate_limits where subject = p_workspace::text;
  delete from oneai.operator_alerts
  where subject = p_workspace::text or position(p_workspace::text in detail::text) > 0;
  delete from oneai.files_to_remove where key like 'documents/' || p_workspace || '/%';
  delete from oneai.workspace_deletions where workspace_id = p_workspace;
end
$$;
revoke execute on function oneai.erase_workspace from public;
grant execute on function oneai.erase_workspace to oneai_app;
