-- Chatbots as their team makes, changes, publishes, pauses, copies and deletes them.

-- p_old with the fields of p_new, and so in each object within.
create function oneai.merged(p_old jsonb, p_new jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
  select case when jsonb_typeof(p_old) = 'object' and jsonb_typeof(p_new) = 'object' then p_old || (
    select coalesce(jsonb_object_agg(n.key, oneai.merged(p_old -> n.key, n.value)), '{}') from jsonb_each(p_new) as n)
  else p_new end
$$;
revoke execute on function oneai.merged from public;

-- A chatbot as the API shows it.
create function oneai.chatbot_json(c oneai.chatbots) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (select to_jsonb(c) - array['user_id', 'published_version', 'documents_deleted_by', 'conversations_kept',
    'next_attempt_at', 'stats_since', 'report_count', 'last_reported_at', 'report_due_at'] || jsonb_build_object(
    'suspended_at', coalesce(c.suspended_at, (
      select w.chatbots_suspended_at from oneai.workspaces as w where w.id = c.workspace_id)),
    'stats', oneai.chatbot_stats(c),
    'version', c.published_version,
    'documents', (select count(*) from oneai.documents_of_chatbot(c.id, null)),
    'published', (
      select v.configuration from oneai.chatbot_versions as v
      where v.chatbot_id = c.id and v.version = c.published_version),
    'published_at', (
      select v.published_at from oneai.chatbot_versions as v
      where v.chatbot_id = c.id and v.version = c.published_version)));
end
$$;
revoke execute on function oneai.chatbot_json from public;

-- ON409 `chatbot_limit_reached` if the workspace, whose row is locked, has as many chatbots as it may have.
create function oneai.require_room_for_chatbot(p_workspace uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  most constant integer := oneai.chatbot_limit(p_workspace);
begin
  if (select count(*) from oneai.chatbots where workspace_id = p_workspace and deletes_at is null) >= most then
    raise exception using errcode = 'ON409', message = 'chatbot_limit_reached', detail = json_build_object('limit', most);
  end if;
end
$$;
revoke execute on function oneai.require_room_for_chatbot from public;

-- Makes a chatbot as a draft. p_new: its name, description, use_case, draft, limits, retention_days, domains and
-- proof_of_work. p_managed: the user set one of the last four, which only owners and admins do. ON404, ON403; ON409 if the plan has no
-- more chatbots; ON422 for a document that the user cannot read.
create function oneai.create_chatbot(p_user uuid, p_workspace uuid, p_new jsonb, p_managed boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  made oneai.chatbots;
begin
  perform 1 from oneai.workspaces where id = p_workspace for no key update;
  perform oneai.require_right(p_user, p_workspace, case when p_managed then 'manage' else 'write' end);
  perform oneai.require_room_for_chatbot(p_workspace);
  perform oneai.require_knowledge(p_user, p_workspace, null, p_new -> 'draft');
  insert into oneai.chatbots (
    workspace_id, user_id, public_id, name, description, use_case, draft, limits, domains, proof_of_work, retention_days)
  select p_workspace, p_user, oneai.new_public_id(), n.name, n.description, n.use_case, n.draft, n.limits, n.domains,
    n.proof_of_work, coalesce(n.retention_days, 365)
  from jsonb_populate_record(null::oneai.chatbots, p_new) as n
  returning * into made;
  perform oneai.grant_knowledge(p_user, made.id);
  perform oneai.record_audit(
    'user', p_user::text, 'chatbot.create', p_user, 'chatbot', made.id::text, p_workspace => p_workspace);
  return oneai.chatbot_json(made);
end
$$;
revoke execute on function oneai.create_chatbot from public;
grant execute on function oneai.create_chatbot to oneai_app;

-- A page of a workspace's chatbots, newest first: at most p_limit, after the one made at p_after with p_after_id. p_deleted:
-- those that are deleted and not yet erased, instead of the others. Without their pictures, which would be most of the page.
create function oneai.list_chatbots(
  p_user uuid, p_workspace uuid, p_search text, p_use_case text, p_status text, p_deleted boolean, p_after timestamptz,
  p_after_id uuid, p_limit integer)
returns setof jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform oneai.require_right(p_user, p_workspace, 'read');
  return query
  select oneai.chatbot_json(c) #- '{draft,widget,avatar}' #- '{published,widget,avatar}' from oneai.chatbots as c
  where c.workspace_id = p_workspace and (c.deletes_at is not null) = p_deleted
    and (p_search is null or strpos(oneai.folded_name(c.name), oneai.folded_name(p_search)) > 0)
    and (p_use_case is null or c.use_case = p_use_case) and (p_status is null or c.status = p_status)
    and (p_after is null or (c.created_at, c.id) < (p_after, p_after_id))
  order by c.created_at desc, c.id desc limit p_limit;
end
$$;
revoke execute on function oneai.list_chatbots from public;
grant execute on function oneai.list_chatbots to oneai_app;

-- A chatbot for a member, with `knowledge`, what it is asked from, and its five newest conversations, which
-- viewers do not read. ON404.
create function oneai.show_chatbot(p_user uuid, p_chatbot uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'read', p_deleted => true);
begin
  return oneai.chatbot_json(c) || jsonb_build_object(
    'knowledge', oneai.linked_knowledge(p_user, c),
    'recent_conversations', case when oneai.may_read_conversations(p_user, c.workspace_id)
      then oneai.inbox_page(p_user, c.workspace_id, jsonb_build_object('chatbot_id', c.id), 'newest', null, 5) else '[]' end);
end
$$;
revoke execute on function oneai.show_chatbot from public;
grant execute on function oneai.show_chatbot to oneai_app;

-- Sets the columns in p_changes; a draft is merged with the current one, field by field. Members change drafts; limits,
-- retention_days, domains and proof_of_work need an admin. ON404, ON403, and ON422 for a document that the user cannot read.
create function oneai.change_chatbot(p_user uuid, p_chatbot uuid, p_changes jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c oneai.chatbots := oneai.require_chatbot(
    p_user, p_chatbot,
    case when p_changes ?| array['limits', 'retention_days', 'domains', 'proof_of_work'] then 'manage' else 'write' end, true);
begin
  if p_changes ? 'draft' then
    p_changes := jsonb_set(p_changes, '{draft}', oneai.merged(c.draft, p_changes -> 'draft'));
    perform oneai.require_knowledge(p_user, c.workspace_id, p_chatbot, p_changes -> 'draft');
  end if;
  if p_changes ? 'limits' then
    p_changes := jsonb_set(p_changes, '{limits}', c.limits || (p_changes -> 'limits'));
  end if;
  c := jsonb_populate_record(c, p_changes);
  update oneai.chatbots
  set name = c.name, description = c.description, use_case = c.use_case, draft = c.draft, limits = c.limits,
      domains = c.domains, proof_of_work = c.proof_of_work, retention_days = c.retention_days, updated_at = oneai.now()
  where id = p_chatbot returning * into c;
  if p_changes ? 'draft' then
    perform oneai.grant_knowledge(p_user, p_chatbot);
  end if;
  perform oneai.record_audit(
    'user', p_user::text, 'chatbot.update', p_user, 'chatbot', p_chatbot::text, p_workspace => c.workspace_id,
    p_detail => jsonb_build_object('fields', array(select jsonb_object_keys(p_changes) order by 1)));
  return oneai.chatbot_json(c);
end
$$;
revoke execute on function oneai.change_chatbot from public;
grant execute on function oneai.change_chatbot to oneai_app;

-- Publishes the draft as the next version and returns its number. A draft that equals the published version makes no
-- new one. A paused chatbot answers again. ON404; ON403; ON409 for a team whose plan publishes none.
create function oneai.publish_chatbot(p_user uuid, p_chatbot uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  c oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'manage', true);
  next_version integer;
begin
  perform oneai.require_publishing(c.workspace_id, p_chatbot);
  select v.version into next_version from oneai.chatbot_versions as v
  where v.chatbot_id = p_chatbot and v.version = c.published_version and v.configuration = c.draft;
  if not found then
    select coalesce(max(v.version), 0) + 1 into next_version from oneai.chatbot_versions as v where v.chatbot_id = p_chatbot;
    insert into oneai.chatbot_versions (chatbot_id, version, workspace_id, user_id, configuration)
    values (p_chatbot, next_version, c.workspace_id, p_user, c.draft);
  end if;
  update oneai.chatbots
  set published_version = next_version, status = 'published', paused_by_plan = false, updated_at = oneai.now()
  where id = p_chatbot;
  perform oneai.grant_knowledge(p_user, p_chatbot);
  perform oneai.record_audit(
    'user', p_user::text, 'chatbot.publish', p_user, 'chatbot', p_chatbot::text, p_workspace => c.workspace_id,
    p_detail => jsonb_build_object('version', next_version));
  return next_version;
end
$$;
revoke execute on function oneai.publish_chatbot from public;
grant execute on function oneai.publish_chatbot to oneai_app;

-- Pauses a published chatbot, or lets a paused one answer again; its status. ON409 `chatbot_not_published` for a draft.
create function oneai.toggle_chatbot(p_user uuid, p_chatbot uuid) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  c oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'manage', true);
  changed constant text := case c.status when 'published' then 'paused' else 'published' end;
begin
  if c.published_version is null then
    raise exception using errcode = 'ON409', message = 'chatbot_not_published';
  end if;
  if changed = 'published' then
    perform oneai.require_publishing(c.workspace_id, p_chatbot);
  end if;
  update oneai.chatbots set status = changed, paused_by_plan = false, updated_at = oneai.now() where id = p_chatbot;
  perform oneai.record_audit(
    'user', p_user::text, 'chatbot.' || case changed when 'paused' then 'pause' else 'resume' end, p_user, 'chatbot',
    p_chatbot::text, p_workspace => c.workspace_id);
  return changed;
end
$$;
revoke execute on function oneai.toggle_chatbot from public;
grant execute on function oneai.toggle_chatbot to oneai_app;

-- Copies a chatbot's draft to another chatbot of the workspace, which is not published: with p_knowledge its documents
-- and collections too, never its domains, versions and figures. Its limits and proof_of_work are the same: all chatbots of a workspace
-- share one limit. ON404, ON403, ON409 as oneai.create_chatbot.
create function oneai.duplicate_chatbot(p_user uuid, p_chatbot uuid, p_name text, p_knowledge boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', true);
begin
  return oneai.create_chatbot(p_user, c.workspace_id, jsonb_build_object(
    'name', coalesce(p_name, left(c.name, 70) || ' (copy)'), 'description', c.description, 'use_case', c.use_case,
    'limits', c.limits, 'retention_days', c.retention_days, 'proof_of_work', c.proof_of_work, 'domains', '[]'::jsonb, 'draft', case when p_knowledge then
      oneai.with_known_knowledge(p_user, c.workspace_id, null, c.draft) else
      c.draft || jsonb_build_object('knowledge', (c.draft -> 'knowledge') || '{"documents": [], "collections": []}') end), p_managed => false);
end
$$;
revoke execute on function oneai.duplicate_chatbot from public;
grant execute on function oneai.duplicate_chatbot to oneai_app;

-- Copies the configuration of a version to the draft. ON404 `chatbot_not_found`, also for an unknown version; ON403.
create function oneai.restore_chatbot_version(p_user uuid, p_chatbot uuid, p_version integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', true);
  earlier jsonb;
begin
  select v.configuration into earlier from oneai.chatbot_versions as v
  where v.chatbot_id = p_chatbot and v.version = p_version;
  if not found then
    raise exception using errcode = 'ON404', message = 'chatbot_not_found';
  end if;
  return oneai.change_chatbot(p_user, p_chatbot, jsonb_build_object(
    'draft', oneai.with_known_knowledge(p_user, c.workspace_id, p_chatbot, earlier)));
end
$$;
revoke execute on function oneai.restore_chatbot_version from public;
grant execute on function oneai.restore_chatbot_version to oneai_app;

-- Starts the figures of a chatbot again from now; what it cost stays in the ledger, and its limits count on. ON404, ON403.
create function oneai.reset_chatbot(p_user uuid, p_chatbot uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'manage', true);
begin
  update oneai.chatbots set stats_since = oneai.now() where id = p_chatbot returning * into c;
  perform oneai.record_audit(
    'user', p_user::text, 'chatbot.reset', p_user, 'chatbot', p_chatbot::text, p_workspace => c.workspace_id);
  return oneai.chatbot_json(c);
end
$$;
revoke execute on function oneai.reset_chatbot from public;
grant execute on function oneai.reset_chatbot to oneai_app;
