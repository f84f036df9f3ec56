-- Workspaces: who pays. A user has a personal one from sign-up on, whose id is the user's id; a team is another kind.
--
-- Locks are taken in one order: workspaces by id, then users by id, then conversations by id. A function that needs
-- several takes all of one kind before the next.

create table oneai.workspaces (
  id uuid primary key default gen_random_uuid(),
  kind oneai.workspace_kind not null,
  -- The user of a personal workspace, whose id it has and with whom it is deleted. Generated, because a CHECK would be
  -- read again for each answer, whose cost is in this row.
  personal_of uuid unique generated always as (case when kind = 'personal' then id end) stored
    references oneai.users (id) on delete cascade,
  -- A personal workspace has neither: it is shown under its user's name.
  name oneai.short_text,
  slug oneai.workspace_slug unique,
  industry oneai.short_text,
  time_zone text not null default 'UTC',
  -- The most of each limit of its plan that the visitors of its chatbots may use, in percent.
  visitors_percent integer not null default 50 check (visitors_percent between 0 and 100),
  -- What all its chatbots together may answer and cost: answers_per_day, micro_usd_per_day, micro_usd_per_month. What is
  -- absent is the highest of any chatbot.
  chatbot_limits jsonb not null default '{}',
  -- Since when operators have suspended all its chatbots, and those that it makes.
  chatbots_suspended_at timestamptz,
  "language" text,
  currency oneai.plan_currency,
  -- Gets invoices and failed payments, without being a member.
  billing_email text,
  -- The hours in which the team works, and other settings, as the web app writes them.
  hours oneai.workspace_settings not null default '{}',
  settings oneai.workspace_settings not null default '{}',
  -- Whether it is audited who reads a visitor's conversation.
  audit_reading boolean not null default false,
  -- Whether those who join now may download their private conversations when they leave the team.
  members_may_download boolean not null default true,
  -- How many owners, admins and members a team may have, with open invitations to these roles.
  seats integer not null default 3 check (seats > 0),
  subscription_tier text not null default 'free',
  -- What the plan grants of each quota, of `storage_bytes` and of `document_pages`, where seats that were bought decide
  -- it; null: the tier's own numbers.
  plan_limits jsonb,
  subscription_status oneai.subscription_status not null default 'active',
  -- The subscription that `GET /subscription` shows.
  subscription_id uuid,
  -- From when usage counts against the plan's quotas, if later than their windows' start; and the anchor of three-hour
  -- windows. Both follow from payments.
  quota_since timestamptz,
  quota_anchor timestamptz,
  -- When the window of monthly quotas ends, if a prepaid period decides that and not the calendar.
  quota_window_end timestamptz,
  -- What answers reserve and have cost on one UTC day, against the plan's daily ceiling; past days do not count.
  spend_day date,
  spend_micro_usd bigint not null default 0,
  -- The subscription that the deletion request set to end with its period; restoring undoes that.
  subscription_ended_by_deletion uuid,
  -- While set, the workspace cannot be used; its user or its members may be usable elsewhere.
  suspended_at timestamptz,
  -- Members without a second factor are refused.
  require_second_factor boolean not null default false,
  -- What pays its answers, in this order.
  payment_sources oneai.payment_order not null default 'plan,credits',
  -- The end of the grace period of a workspace whose deletion was requested.
  deletes_at timestamptz,
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now()
) with (fillfactor = 70);
create index workspaces_by_tier on oneai.workspaces (subscription_tier) where subscription_status = 'active';
create index workspaces_with_suspended_chatbots on oneai.workspaces (chatbots_suspended_at) where chatbots_suspended_at is not null;
create index teams_by_creation on oneai.workspaces (created_at) where kind = 'team';

create table oneai.workspace_members (
  user_id uuid not null references oneai.users (id) on delete cascade,
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  joined_at timestamptz not null default oneai.now(),
  -- The most that this member may use of each limit of the workspace; null: no limit of their own.
  usage_limit_percent integer check (usage_limit_percent between 1 and 100),
  -- Whether they may download their private conversations when they leave, as the team said when they joined.
  may_download boolean not null default true,
  primary key (user_id, workspace_id)
);
create index workspace_members_of_workspace on oneai.workspace_members (workspace_id, joined_at, user_id);

-- The workspace that the current request chose with its header or its API key, which each of its messages sets; null if it
-- chose none.
create function oneai.chosen_workspace() returns uuid
language sql stable
as $$ select nullif(current_setting('oneai.workspace', true), '')::uuid $$;
revoke execute on function oneai.chosen_workspace from public;
grant execute on function oneai.chosen_workspace to authenticated, oneai_service, oneai_app;

-- Whether the user has a verified second factor. Each request of such a user has it (oneai.check_account).
create function oneai.has_second_factor(p_user uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select exists (select from auth.mfa_factors as f where f.user_id = p_user and f.status = 'verified') $$;
revoke execute on function oneai.has_second_factor from public;

-- The workspaces whose data the current user may read: not the suspended ones, those that are being deleted only as
-- an owner, and those that require a second factor only with one. A request that chose a workspace sees that one alone. Policies use it as `= any (array(select oneai.my_workspaces()))`, which is evaluated once for a statement
-- and is a condition of an index; `in (select …)` would read all rows first. It runs as its owner, because a policy on
-- the members that reads the members would not end.
create function oneai.my_workspaces() returns setof uuid
language sql stable security definer set search_path = '' rows 1
as $$
  select w.id from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
  where m.user_id = (select auth.uid()) and w.id = coalesce((select oneai.chosen_workspace()), w.id)
    and w.suspended_at is null and (w.deletes_at is null or m.role = 'owner')
    and (not w.require_second_factor or oneai.has_second_factor(m.user_id))
$$;
revoke execute on function oneai.my_workspaces from public;
grant execute on function oneai.my_workspaces to authenticated;

-- Those that the current user may change: as oneai.my_workspaces, without those being deleted and without viewers.
create function oneai.my_writable_workspaces() returns setof uuid
language sql stable security definer set search_path = '' rows 1
as $$
  select w.id from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
  where m.user_id = (select auth.uid()) and w.id = coalesce((select oneai.chosen_workspace()), w.id)
    and m.role <> 'viewer' and w.suspended_at is null and w.deletes_at is null
    and (not w.require_second_factor or oneai.has_second_factor(m.user_id))
$$;
revoke execute on function oneai.my_writable_workspaces from public;
grant execute on function oneai.my_writable_workspaces to authenticated;

alter table oneai.workspaces enable row level security;
create policy "members see their workspaces" on oneai.workspaces
  for select to authenticated using (id = any (array(select oneai.my_workspaces())));
create policy "service" on oneai.workspaces to oneai_service using (true) with check (true);
revoke all on oneai.workspaces from anon, authenticated, service_role;
grant select on oneai.workspaces to authenticated, oneai_service;

alter table oneai.workspace_members enable row level security;
create policy "members see each other" on oneai.workspace_members
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
create policy "service" on oneai.workspace_members to oneai_service using (true) with check (true);
revoke all on oneai.workspace_members from anon, authenticated, service_role;
grant select on oneai.workspace_members to authenticated, oneai_service;

-- The tier of a workspace that pays for nothing: the first of its ladder in oneai/plans/limits_and_prices.py.
create function oneai.lowest_tier(p_kind text) returns text
language sql immutable
as $$ select case p_kind when 'team' then 'none' else 'free' end $$;
revoke execute on function oneai.lowest_tier from public;
grant execute on function oneai.lowest_tier to oneai_service;

-- Creates the `users` row, the personal workspace and the quotas of its plan if they are missing.
create function oneai.ensure_user(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.users (id, email, name, picture_url, provider_type, provider_id)
  select a.id, a.email, p.name, p.picture_url, a.raw_app_meta_data ->> 'provider',
    coalesce(a.raw_user_meta_data ->> 'provider_id', a.raw_user_meta_data ->> 'sub')
  from auth.users as a cross join lateral oneai.provider_profile(a.raw_user_meta_data) as p where a.id = p_user
  on conflict (id) do nothing;
  insert into oneai.workspaces (id, kind, created_at)
  select u.id, 'personal', u.created_at from oneai.users as u where u.id = p_user
  on conflict (id) do nothing;
  insert into oneai.workspace_members (user_id, workspace_id, role, joined_at)
  select w.personal_of, w.id, 'owner', w.created_at from oneai.workspaces as w where w.id = p_user
  on conflict (user_id, workspace_id) do nothing;
  insert into oneai.usage_quotas (
    workspace_id, quota_key, subscription_tier, quota_limit, grace_units, reset_frequency, window_start, next_reset_at)
  select w.id, p.quota_key, p.tier, p.quota_limit, p.grace_units, p.reset_frequency,
    case p.reset_frequency
      when '3hour' then oneai.now()
      else oneai.window_before(p.reset_frequency, oneai.next_reset(p.reset_frequency, oneai.now(), oneai.now()))
    end,
    oneai.next_reset(p.reset_frequency, oneai.now(), oneai.now())
  from oneai.workspaces as w
  join oneai.plan_quotas as p on p.tier = w.subscription_tier
  where w.id = p_user
  on conflict (workspace_id, quota_key) do nothing;
end
$$;
revoke execute on function oneai.ensure_user from public;
grant execute on function oneai.ensure_user to oneai_app;

-- Who gets the mail about a workspace's plan and money: the user of a personal one, else the first owner; null once the
-- workspace is erased.
create function oneai.owner_of(p_workspace uuid) returns uuid
language sql stable security definer set search_path = ''
as $$
  select coalesce(w.personal_of, (
    select m.user_id from oneai.workspace_members as m
    where m.workspace_id = w.id and m.role = 'owner' order by m.joined_at, m.user_id limit 1))
  from oneai.workspaces as w where w.id = p_workspace
$$;
revoke execute on function oneai.owner_of from public;

-- The workspace that pays for a user's work, and the user, both locked in this order: admissions of one workspace are
-- serialized, and so are those of one user in several. An incomplete sign-up is completed. Refuses a user or a workspace
-- that may not be used; whether the user belongs to the workspace, oneai.require_active_user asks.
create function oneai.lock_payer(p_user uuid, p_workspace uuid) returns oneai.workspaces
language plpgsql security definer set search_path = ''
as $$
declare
  complete record;
begin
  select w as payer, u as user_row into complete
  from oneai.workspaces as w cross join oneai.users as u where w.id = p_workspace and u.id = p_user
  for no key update of w, u;
  if not found then
    perform oneai.ensure_user(p_user);
    select w as payer, u as user_row into complete
    from oneai.workspaces as w cross join oneai.users as u where w.id = p_workspace and u.id = p_user
    for no key update of w, u;
    if not found then
      raise exception using errcode = 'ON401', message = 'unauthenticated';
    end if;
  end if;
  perform oneai.require_usable_account(complete.user_row, '{}');
  if (complete.payer).suspended_at is not null then
    raise exception using errcode = 'ON403', message = 'workspace_suspended';
  end if;
  return complete.payer;
end
$$;
revoke execute on function oneai.lock_payer from public;

-- As oneai.lock_payer, for a user who asks for the work now and must have the right in the workspace, which is read after
-- its row is locked: a removal before that counts. The right `write` needs a seat, too (ON409 `no_seat_left`). With `p_confirmed` the user has a confirmed address.
create function oneai.require_active_user(
  p_user uuid, p_workspace uuid, p_confirmed boolean, p_right text default 'write'
) returns oneai.workspaces
language plpgsql security definer set search_path = ''
as $$
declare
  payer constant oneai.workspaces := oneai.lock_payer(p_user, p_workspace);
begin
  if p_workspace <> p_user then
    perform oneai.require_right(p_user, p_workspace, p_right);
    if p_right = 'write' then
      perform oneai.require_own_seat(p_user, payer);
    end if;
  end if;
  if p_confirmed and not exists (
    select from auth.users as a
    where a.id = p_user and (a.email_confirmed_at is not null or a.phone_confirmed_at is not null)
  ) then
    raise exception using errcode = 'ON403', message = 'email_not_confirmed';
  end if;
  return payer;
end
$$;
revoke execute on function oneai.require_active_user from public;

-- Locks the workspaces of a sign-in that is being deleted, before its user's row, which is deleted first, ends its
-- memberships, and forgets to which teams its address was invited.
create function oneai.on_sign_in_deleted() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from oneai.workspaces as w
  where w.id = old.id
    or w.id = any (array(select m.workspace_id from oneai.workspace_members as m where m.user_id = old.id))
  order by w.id for update;
  perform oneai.end_memberships(old.id);
  delete from oneai.invitations where email = lower(old.email);
  return old;
end
$$;
revoke execute on function oneai.on_sign_in_deleted from public;

create trigger oneai_on_sign_in_deleted before delete on auth.users
  for each row execute function oneai.on_sign_in_deleted();
