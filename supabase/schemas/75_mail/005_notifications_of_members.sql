-- Which mail about a workspace its members want.

-- What a member turned off and on; a member without a row gets all. It ends with the membership.
create table oneai.member_notifications (
  user_id uuid not null,
  workspace_id uuid not null,
  handoff boolean not null default true,
  weekly boolean not null default true,
  budget boolean not null default true,
  billing boolean not null default true,
  primary key (user_id, workspace_id),
  foreign key (user_id, workspace_id) references oneai.workspace_members (user_id, workspace_id) on delete cascade
);
create index member_notifications_of_workspace on oneai.member_notifications (workspace_id);

alter table oneai.member_notifications enable row level security;
create policy "service" on oneai.member_notifications to oneai_service using (true) with check (true);
revoke all on oneai.member_notifications from anon, authenticated, service_role;
grant select on oneai.member_notifications to oneai_service;

-- The switch of a mail about a workspace; null: it has none, and is always sent. A failed payment has none, because the plan
-- ends without one.
create function oneai.switch_of_mail(p_kind text) returns text
language sql immutable
as $$
  select case
    when p_kind = 'visitor_waiting' then 'handoff'
    when p_kind = 'chatbots_week' then 'weekly'
    when p_kind in ('chatbot_away', 'quota_warning', 'credits_low') then 'budget'
    when p_kind in ('payment_receipt', 'payment_refund', 'subscription_update', 'seats_ending', 'credit_receipt', 'credits_ending')
      then 'billing' end
$$;
revoke execute on function oneai.switch_of_mail from public;

-- The switches of the user in the workspace: {workspace_id, name (null: the user's personal workspace), handoff, weekly,
-- budget, billing}; null: no such mail comes, or it is always sent. Mail about visitors is for members who answer them, that
-- about money for the owner of a team.
create function oneai.notifications_of_member(m oneai.workspace_members) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  w oneai.workspaces;
  n oneai.member_notifications;
  visited boolean;
begin
  select * into w from oneai.workspaces as o where o.id = m.workspace_id;
  select * into n from oneai.member_notifications as s where (s.user_id, s.workspace_id) = (m.user_id, m.workspace_id);
  visited := oneai.role_has_right(m.role, 'write') and exists (
    select from oneai.chatbots as c where c.workspace_id = w.id and c.deletes_at is null);
  return jsonb_build_object('workspace_id', w.id, 'name', case when w.kind = 'team' then w.name end,
    'handoff', case when visited then coalesce(n.handoff, true) end,
    'weekly', case when visited then coalesce(n.weekly, true) end,
    'budget', case when w.kind = 'team' or visited then coalesce(n.budget, true) end,
    'billing', case when w.kind = 'team' and oneai.owner_of(w.id) = m.user_id then coalesce(n.billing, true) end);
end
$$;
revoke execute on function oneai.notifications_of_member from public;

-- Those of all workspaces of the user in which there are some, the personal one first: {items}.
create function oneai.notifications_of_workspaces(p_user uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('items', coalesce(
    jsonb_agg(s.item order by (s.item ->> 'name') is not null, s.item ->> 'name', s.item ->> 'workspace_id'), '[]'))
  from (
    select oneai.notifications_of_member(m) as item from oneai.workspace_members as m
    join oneai.workspaces as w on w.id = m.workspace_id and w.deletes_at is null
    where m.user_id = p_user) as s
  where s.item -> 'handoff' <> 'null' or s.item -> 'budget' <> 'null'
$$;
revoke execute on function oneai.notifications_of_workspaces from public;
grant execute on function oneai.notifications_of_workspaces to oneai_app;

-- Changes the switches of p_changes ({handoff, weekly, budget, billing}; those that are missing or null remain), and returns
-- all of the workspace. ON404.
create function oneai.update_member_notifications(p_user uuid, p_workspace uuid, p_changes jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  m oneai.workspace_members;
begin
  select * into m from oneai.workspace_members as s
  where s.user_id = p_user and s.workspace_id = p_workspace for key share;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  insert into oneai.member_notifications (user_id, workspace_id) values (p_user, p_workspace) on conflict do nothing;
  update oneai.member_notifications as n
  set handoff = coalesce((p_changes ->> 'handoff')::boolean, n.handoff),
      weekly = coalesce((p_changes ->> 'weekly')::boolean, n.weekly),
      budget = coalesce((p_changes ->> 'budget')::boolean, n.budget),
      billing = coalesce((p_changes ->> 'billing')::boolean, n.billing)
  where n.user_id = p_user and n.workspace_id = p_workspace;
  return oneai.notifications_of_member(m);
end
$$;
revoke execute on function oneai.update_member_notifications from public;
grant execute on function oneai.update_member_notifications to oneai_app;

-- Whether the user turned off this kind of mail about the workspace, that of their personal one's money excepted.
create function oneai.turned_off(p_user uuid, p_workspace uuid, p_kind text) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
declare
  switch constant text := oneai.switch_of_mail(p_kind);
begin
  return switch is not null and p_workspace is not null and not (p_workspace = p_user and switch = 'billing')
    and coalesce((
      select not (to_jsonb(n) ->> switch)::boolean from oneai.member_notifications as n
      where n.user_id = p_user and n.workspace_id = p_workspace), false);
end
$$;
revoke execute on function oneai.turned_off from public;
