-- Chatbots: what a team makes of a model and its documents, for visitors of its websites.
--
-- Editing changes the draft. Publishing copies the draft to a version that never changes; visitors get the published
-- version. What protects money and the websites (limits, domains, proof of work) is in neither, because it takes effect at once.

-- How many chatbots a workspace of a tier may have, and what they may do; 90_operations/100_plan_numbers.sql has the numbers.
create table oneai.plan_chatbots (
  tier text primary key,
  chatbots integer not null check (chatbots >= 0),
  -- How many answers visitors get in a month; null: as many as the limits and the plan's units allow.
  visitor_answers integer check (visitor_answers >= 0),
  -- How many mails visitors get in a day.
  visitor_mails integer not null check (visitor_mails >= 0)
);

alter table oneai.plan_chatbots enable row level security;
revoke all on oneai.plan_chatbots from anon, authenticated, service_role;

create table oneai.chatbots (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  -- Who made it; null once that user is deleted.
  user_id uuid references oneai.users (id) on delete set null,
  -- Its id in pages of strangers. It is not the primary key, so that it can be replaced when it is abused.
  public_id text not null unique check (public_id ~ '^[a-z0-9]{20}$'),
  name text not null check (name <> '' and octet_length(name) <= 400),
  description text not null default '' check (octet_length(description) <= 8000),
  use_case text,
  status text not null default 'draft' check (status in ('draft', 'published', 'paused')),
  draft jsonb not null check (octet_length(draft::text) <= 200000),
  limits jsonb not null,
  -- What alone pays its answers; null: as its workspace has it.
  payment_source oneai.payment_source,
  domains text[] not null default '{}' check (cardinality(domains) <= 50),
  -- How many days after its last message a visitor's conversation is deleted.
  retention_days integer not null default 365 check (retention_days between 1 and 3650),
  -- When the browser of a visitor has to compute something before a session (oneai.count_session).
  proof_of_work text not null default 'auto' check (proof_of_work in ('auto', 'always', 'never')),
  -- The version that visitors get; null: it was never published.
  published_version integer check ((published_version is null) = (status = 'draft')),
  -- From when its figures count.
  stats_since timestamptz not null default oneai.now(),
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  -- When it will be erased; null: it is not deleted.
  deletes_at timestamptz,
  -- Who deleted it, if its documents are erased with it: those that this user may delete at that time.
  documents_deleted_by uuid references oneai.users (id) on delete set null,
  -- Deleted, with its visitors' conversations kept: members read them until each has expired, and it is erased after that.
  conversations_kept boolean not null default false check (deletes_at is not null or not conversations_kept),
  -- The end of the lease of the job that erases it, and of the pause after a failed attempt.
  next_attempt_at timestamptz not null default oneai.now(),
  -- Paused because the plan has fewer; it answers again when the plan has room.
  paused_by_plan boolean not null default false check (status = 'paused' or not paused_by_plan),
  -- Since when operators have suspended it.
  suspended_at timestamptz,
  report_count integer not null default 0,
  last_reported_at timestamptz,
  -- The deadline of the most urgent open report; null: none is open.
  report_due_at timestamptz
);
create index chatbots_of_workspace on oneai.chatbots (workspace_id, created_at, id);
create index chatbots_of_user on oneai.chatbots (user_id);
create index chatbots_with_deleter on oneai.chatbots (documents_deleted_by) where documents_deleted_by is not null;
create index chatbots_reported on oneai.chatbots (report_due_at, id) where report_due_at is not null;
create index chatbots_suspended on oneai.chatbots (suspended_at) where suspended_at is not null;
create index chatbots_to_erase on oneai.chatbots (deletes_at) where deletes_at is not null;

alter table oneai.chatbots enable row level security;
create policy "members see chatbots" on oneai.chatbots
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
revoke all on oneai.chatbots from anon, authenticated, service_role;
grant select on oneai.chatbots to authenticated;

-- What was published. A conversation names the version that answered, so versions are never changed or removed alone.
create table oneai.chatbot_versions (
  chatbot_id uuid not null references oneai.chatbots (id) on delete cascade,
  version integer not null check (version > 0),
  workspace_id uuid not null,
  -- Who published it; null once that user is deleted.
  user_id uuid references oneai.users (id) on delete set null,
  configuration jsonb not null,
  published_at timestamptz not null default oneai.now(),
  primary key (chatbot_id, version)
);
create index chatbot_versions_of_workspace on oneai.chatbot_versions (workspace_id);
create index chatbot_versions_of_user on oneai.chatbot_versions (user_id);

alter table oneai.chatbot_versions enable row level security;
create policy "members see versions of chatbots" on oneai.chatbot_versions
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
revoke all on oneai.chatbot_versions from anon, authenticated, service_role;
grant select on oneai.chatbot_versions to authenticated;

alter table oneai.chatbots add foreign key (id, published_version)
  references oneai.chatbot_versions (chatbot_id, version) deferrable initially deferred;

-- How many chatbots the workspace may have: those of its seats or offer, else of its plan.
create function oneai.chatbot_limit(p_workspace uuid) returns integer
language sql stable security definer set search_path = ''
as $$
  select coalesce((w.plan_limits ->> 'chatbots')::integer, l.chatbots, (
    select f.chatbots from oneai.plan_chatbots as f where f.tier = oneai.lowest_tier(w.kind)))
  from oneai.workspaces as w left join oneai.plan_chatbots as l on l.tier = w.subscription_tier
  where w.id = p_workspace
$$;
revoke execute on function oneai.chatbot_limit from public;

-- The documents that a chatbot's draft and its published version name, without those of the collections that they name.
create function oneai.documents_named(p_chatbot uuid) returns setof uuid
language sql stable security definer set search_path = ''
as $$
  select n.named::uuid from oneai.chatbots as c
  left join oneai.chatbot_versions as v on v.chatbot_id = c.id and v.version = c.published_version
  cross join lateral (
    select jsonb_array_elements_text(c.draft #> '{knowledge,documents}')
    union
    select jsonb_array_elements_text(v.configuration #> '{knowledge,documents}')) as n (named)
  where c.id = p_chatbot
$$;
revoke execute on function oneai.documents_named from public;

-- A random id for pages of strangers: 20 of 32 characters, 100 bits.
create function oneai.new_public_id() returns text
language sql volatile set search_path = ''
as $$
  select string_agg(substr('abcdefghijkmnpqrstuvwxyz23456789', get_byte(b.bytes, n) % 32 + 1, 1), '' order by n)
  from (select sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) as bytes) as b, generate_series(0, 19) as n
$$;
revoke execute on function oneai.new_public_id from public;

-- The chatbot, for a user who has this right in its workspace; p_lock: its row is locked, and its workspace's before it.
-- ON404 `chatbot_not_found` is the same for one that does not exist, one of others, and one in a workspace other than
-- the one that the request chose. A deleted one is found if p_deleted. ON503 if it was moved while this waited.
create function oneai.require_chatbot(
  p_user uuid, p_chatbot uuid, p_right text, p_lock boolean default false, p_deleted boolean default false)
returns oneai.chatbots
language plpgsql volatile security definer set search_path = ''
as $$
declare
  found_one oneai.chatbots;
  locked uuid;
begin
  select c.* into found_one from oneai.chatbots as c
  join oneai.workspace_members as m on m.user_id = p_user and m.workspace_id = c.workspace_id
  join oneai.workspaces as w on w.id = c.workspace_id
  where c.id = p_chatbot and (p_deleted or c.deletes_at is null)
    and c.workspace_id = coalesce(oneai.chosen_workspace(), c.workspace_id)
    and (w.deletes_at is null or m.role = 'owner');
  if not found then
    raise exception using errcode = 'ON404', message = 'chatbot_not_found';
  end if;
  if p_lock then
    select w.id into locked from oneai.workspaces as w where w.id = found_one.workspace_id for no key update;
    select c.* into found_one from oneai.chatbots as c
    where c.id = p_chatbot and (p_deleted or c.deletes_at is null) for no key update;
    if not found then
      raise exception using errcode = 'ON404', message = 'chatbot_not_found';
    elsif found_one.workspace_id <> locked then
      raise exception using errcode = 'ON503', message = 'busy', detail = '{"retry_after": 1}';
    end if;
  end if;
  perform oneai.require_right(p_user, found_one.workspace_id, p_right);
  return found_one;
end
$$;
revoke execute on function oneai.require_chatbot from public;
