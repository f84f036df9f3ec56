-- Workspaces as their members list, read and change them.

-- A workspace's quotas in their current windows: units used and the limit, by key.
create function oneai.workspace_usage(p_workspace uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_object_agg(q.quota_key, jsonb_build_object('used', e.used, 'limit', e.most)), '{}')
  from oneai.usage_quotas as q cross join lateral oneai.effective_quota(q, oneai.now()) as e
  where q.workspace_id = p_workspace and e.most is not null
$$;
revoke execute on function oneai.workspace_usage from public;

-- A page of the user's workspaces with this plan (null: any): at most p_limit, after the one with the id p_after, or
-- from that place on if the user has left it. p_sort: `name`, `created_at` (newest first), `members` (most first); a
-- personal workspace is always the first.
create function oneai.list_workspaces(
  p_user uuid, p_plan text, p_sort text, p_after uuid, p_after_place bigint, p_limit integer)
returns table (place bigint, item jsonb)
language sql stable security definer set search_path = ''
as $$
  with mine as (
    select o.workspace, o.role, c.members, row_number() over (
      order by (o.workspace).kind,
        case when p_sort = 'created_at' then (o.workspace).created_at end desc,
        case when p_sort = 'members' then c.members end desc, o.place) as place
    from oneai.workspaces_of(p_user) as o
    cross join lateral (
      select count(*) as members from oneai.workspace_members as m where m.workspace_id = (o.workspace).id) as c
    where p_plan is null or (o.workspace).subscription_tier = p_plan
  )
  select m.place, oneai.workspace_json(m.workspace, m.role)
    || jsonb_build_object('members', m.members, 'usage', oneai.workspace_usage((m.workspace).id))
  from mine as m
  where p_after is null
    or m.place > coalesce((select a.place from mine as a where (a.workspace).id = p_after), p_after_place - 1)
  order by m.place limit p_limit
$$;
revoke execute on function oneai.list_workspaces from public;
grant execute on function oneai.list_workspaces to oneai_app;

-- The answers that a workspace's members received this month (UTC).
create function oneai.answers_this_month(p_workspace uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
  select coalesce((
      select sum(r.messages) from oneai.usage_rollups as r
      where r.workspace_id = p_workspace and r.purpose = 'answer'
        and r.quarter_hour >= date_trunc('month', oneai.now(), 'UTC')), 0)
    + (
      select count(*) from oneai.usage_events as e
      where e.workspace_id = p_workspace and not e.rolled_up and e.purpose = 'answer'
        and e.created_at >= date_trunc('month', oneai.now(), 'UTC'))
$$;
revoke execute on function oneai.answers_this_month from public;

-- A workspace with all its settings, figures and quotas, for a member. `moved` says that it has another slug by now.
-- ON404.
create function oneai.show_workspace(p_user uuid, p_reference text) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  shown constant uuid := oneai.find_workspace(p_reference);
  role constant text := oneai.require_right(p_user, shown, 'read');
  w oneai.workspaces;
begin
  select * into w from oneai.workspaces where id = shown;
  return oneai.workspace_json(w, role) || jsonb_build_object(
    'language', w.language, 'currency', w.currency, 'hours', w.hours, 'settings', w.settings,
    'members_may_download', w.members_may_download,
    'require_second_factor', w.require_second_factor, 'audit_reading', w.audit_reading,
    'visitors_percent', w.visitors_percent, 'chatbot_limits', w.chatbot_limits,
    'transfer', oneai.show_transfer(p_user, w.id::text),
    'seats_taken', case when w.kind = 'team' then oneai.seats_taken(w.id) end,
    'billing_email', case when oneai.role_has_right(role, 'manage') then w.billing_email end,
    'members', (select count(*) from oneai.workspace_members as m where m.workspace_id = w.id),
    'quotas', oneai.workspace_usage(w.id),
    'stats', jsonb_build_object(
      'messages', oneai.answers_this_month(w.id), 'chatbots', (select count(*) from oneai.chatbots as b where b.workspace_id = w.id and b.deletes_at is null),
      'documents', (select count(*) from oneai.documents as d where d.workspace_id = w.id and not d.attached),
      'storage_bytes', oneai.storage_of(w.id)),
    'moved', w.slug is not null and lower(p_reference) not in (w.slug, w.id::text));
end
$$;
revoke execute on function oneai.show_workspace from public;
grant execute on function oneai.show_workspace to oneai_app;

-- ON429 if the slug of a workspace, which the caller has locked, was changed `p_most` times within a day.
create function oneai.require_few_slug_changes(p_workspace uuid, p_most integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  recent constant timestamptz[] := array(
    select l.created_at from oneai.audit_log as l
    where l.target_id = p_workspace::text and l.target_kind = 'workspace' and l.action = 'workspace.update'
      and l.detail ? 'slug' and l.created_at > oneai.now() - interval '1 day'
    order by l.id desc limit p_most);
begin
  if cardinality(recent) >= p_most then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = json_build_object(
      'limit_name', 'slug_changes_a_day', 'limit', p_most, 'retry_after', greatest(ceil(
        extract(epoch from recent[p_most] + interval '1 day' - oneai.now())), 1)::integer);
  end if;
end
$$;
revoke execute on function oneai.require_few_slug_changes from public;

-- Sets the columns in p_changes. A personal workspace has no name, slug or required factor of its own. Only an owner who
-- has a second factor requires one of all members, so that the team is not left without an owner who gets in. ON404; ON403 for members and
-- viewers; ON409 for a name that an owner has given to another team; ON422 for a slug that is reserved or taken; ON429 for
-- too many slugs in a day.
create function oneai.change_workspace(p_user uuid, p_reference text, p_changes jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  changed constant uuid := oneai.find_workspace(p_reference);
  refusal text;
  renamed boolean;
  w oneai.workspaces;
begin
  perform 1 from oneai.workspaces where id = changed for no key update;
  perform oneai.require_right(p_user, changed, 'manage');
  select * into w from oneai.workspaces where id = changed;
  if w.kind = 'personal' and p_changes ?| array['name', 'slug', 'require_second_factor'] then
    raise exception using errcode = 'ON409', message = 'personal_workspace';
  end if;
  if (p_changes ->> 'require_second_factor')::boolean <> w.require_second_factor then
    perform oneai.require_right(p_user, changed, 'own');
    if not oneai.has_second_factor(p_user) then
      raise exception using errcode = 'ON403', message = 'second_factor_missing';
    end if;
  end if;
  if p_changes ? 'name' then
    perform oneai.require_own_name(array(
      select m.user_id from oneai.workspace_members as m where m.workspace_id = changed and m.role = 'owner'),
      changed, p_changes ->> 'name');
  end if;
  renamed := coalesce(p_changes ->> 'slug' <> w.slug, false);
  if renamed then
    perform oneai.require_few_slug_changes(changed, 5);
    refusal := case when oneai.is_reserved_slug(p_changes ->> 'slug') then 'reserved'
      when not oneai.take_slug(changed, p_changes ->> 'slug') then 'repeated' end;
    if refusal is not null then
      raise exception using errcode = 'ON422', message = 'invalid_request', detail = json_build_object('details',
        json_build_array(json_build_object('field', 'slug', 'code', refusal)));
    end if;
  end if;
  w := jsonb_populate_record(w, p_changes);
  update oneai.workspaces
  set name = w.name, industry = w.industry, time_zone = w.time_zone, language = w.language, currency = w.currency,
      billing_email = w.billing_email, hours = w.hours, settings = w.settings,
      members_may_download = w.members_may_download, require_second_factor = w.require_second_factor,
      audit_reading = w.audit_reading,
      visitors_percent = w.visitors_percent, chatbot_limits = jsonb_strip_nulls(w.chatbot_limits),
      updated_at = oneai.now()
  where id = changed;
  perform oneai.record_audit(
    'user', p_user::text, 'workspace.update', p_user, 'workspace', changed::text,
    p_detail => jsonb_build_object('fields', array(select jsonb_object_keys(p_changes) order by 1))
      || case when renamed then jsonb_build_object('slug', p_changes ->> 'slug') else '{}' end);
  return oneai.show_workspace(p_user, changed::text);
end
$$;
revoke execute on function oneai.change_workspace from public;
grant execute on function oneai.change_workspace to oneai_app;
