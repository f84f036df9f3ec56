-- Views of the inbox: filters with a name.

create table oneai.inbox_views (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  -- The member who alone sees and changes it, as long as they are one; null: all who answer visitors do.
  user_id uuid,
  name text not null check (name <> '' and octet_length(name) <= 400),
  -- What the list takes, as it was sent; oneai/inbox/views.py has checked it.
  filter jsonb not null check (jsonb_typeof(filter) = 'object' and octet_length(filter::text) <= 20000),
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  foreign key (user_id, workspace_id) references oneai.workspace_members (user_id, workspace_id) on delete cascade
);
create index inbox_views_of_workspace on oneai.inbox_views (workspace_id, user_id);
create index inbox_views_of_user on oneai.inbox_views (user_id, workspace_id) where user_id is not null;

-- Only functions read it.
alter table oneai.inbox_views enable row level security;
revoke all on oneai.inbox_views from anon, authenticated, service_role;

-- ON422 for a workspace or a member that has as many of these as it may.
create function oneai.refuse_too_many(p_field text, p_count bigint, p_most integer) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if p_count >= p_most then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', p_field, 'code', 'too_many')))::text;
  end if;
end
$$;
revoke execute on function oneai.refuse_too_many from public;

create function oneai.view_json(v oneai.inbox_views) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', v.id, 'name', v.name, 'filter', v.filter, 'shared', v.user_id is null,
    'created_at', v.created_at, 'updated_at', v.updated_at)
$$;
revoke execute on function oneai.view_json from public;

-- ON422 if the workspace has fifty shared views already, or this member fifty of their own (p_owner; null: shared). Those
-- who add one at the same time are counted one after the other.
create function oneai.require_room_for_view(p_workspace uuid, p_owner uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(concat('views ', p_workspace, p_owner), 0));
  perform oneai.refuse_too_many('views', (
    select count(*) from oneai.inbox_views as v
    where v.workspace_id = p_workspace and v.user_id is not distinct from p_owner), 50);
end
$$;
revoke execute on function oneai.require_room_for_view from public;

-- The shared views of the request's workspace and the user's own, by name. ON404, ON403.
create function oneai.list_views(p_user uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  named constant uuid := oneai.require_inbox(p_user);
begin
  return (
    select coalesce(jsonb_agg(oneai.view_json(v) order by lower(v.name), v.created_at, v.id), '[]')
    from oneai.inbox_views as v where v.workspace_id = named and coalesce(v.user_id, p_user) = p_user);
end
$$;
revoke execute on function oneai.list_views from public;
grant execute on function oneai.list_views to oneai_app;

-- Adds a view; p_shared: for all who answer visitors. ON404, ON403; ON422 for one too many.
create function oneai.add_view(p_user uuid, p_name text, p_filter jsonb, p_shared boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  named constant uuid := oneai.require_inbox(p_user);
  owner constant uuid := case when not p_shared then p_user end;
  added oneai.inbox_views;
begin
  perform oneai.require_room_for_view(named, owner);
  insert into oneai.inbox_views (workspace_id, user_id, name, filter) values (named, owner, p_name, p_filter)
  returning * into added;
  return oneai.view_json(added);
end
$$;
revoke execute on function oneai.add_view from public;
grant execute on function oneai.add_view to oneai_app;

-- A view that the user may change: a shared one, or their own. Locked. ON404, ON403.
create function oneai.require_view(p_user uuid, p_view uuid) returns oneai.inbox_views
language plpgsql security definer set search_path = ''
as $$
declare
  view oneai.inbox_views;
begin
  select * into view from oneai.inbox_views as v where v.id = p_view and coalesce(v.user_id, p_user) = p_user for update;
  perform oneai.require_named(p_user, view.workspace_id, 'write');
  return view;
end
$$;
revoke execute on function oneai.require_view from public;

-- Changes what p_changes has: {name, filter, shared}. A shared view that is not to be shared any more is the user's. ON404,
-- ON403; ON422 for one too many.
create function oneai.change_view(p_user uuid, p_view uuid, p_changes jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  view oneai.inbox_views := oneai.require_view(p_user, p_view);
  owner constant uuid := case when (p_changes ->> 'shared')::boolean then null when p_changes ? 'shared' then p_user
    else view.user_id end;
begin
  if owner is distinct from view.user_id then
    perform oneai.require_room_for_view(view.workspace_id, owner);
  end if;
  update oneai.inbox_views
  set user_id = owner, name = coalesce(p_changes ->> 'name', name), filter = coalesce(p_changes -> 'filter', filter),
      updated_at = oneai.now()
  where id = p_view returning * into view;
  return oneai.view_json(view);
end
$$;
revoke execute on function oneai.change_view from public;
grant execute on function oneai.change_view to oneai_app;

-- Deletes a view. ON404, ON403.
create function oneai.delete_view(p_user uuid, p_view uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.require_view(p_user, p_view);
  delete from oneai.inbox_views where id = p_view;
end
$$;
revoke execute on function oneai.delete_view from public;
grant execute on function oneai.delete_view to oneai_app;
