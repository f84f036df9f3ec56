-- The slugs of teams. A workspace keeps its newest earlier ones for a year, so that no other team gets its links.

create table oneai.workspace_slugs (
  slug oneai.workspace_slug primary key,
  -- Null: the workspace is deleted.
  workspace_id uuid references oneai.workspaces (id) on delete set null,
  -- When the workspace took another slug or was deleted; null: its current one.
  replaced_at timestamptz
);
create index workspace_slugs_of_workspace on oneai.workspace_slugs (workspace_id);

alter table oneai.workspace_slugs enable row level security;
revoke all on oneai.workspace_slugs from anon, authenticated, service_role;

-- How long an earlier slug leads to its workspace, and how long no other workspace can take it.
create function oneai.slug_redirect() returns interval
language sql immutable
as $$ select interval '90 days' $$;
revoke execute on function oneai.slug_redirect from public;

create function oneai.slug_rest() returns interval
language sql immutable
as $$ select interval '1 year' $$;
revoke execute on function oneai.slug_rest from public;

-- How many earlier slugs a workspace keeps, so that it cannot hold many from others.
create function oneai.max_former_slugs() returns integer
language sql immutable
as $$ select 3 $$;
revoke execute on function oneai.max_former_slugs from public;

-- Whether no team may have this slug: words of addresses and of trust, and what can be read as an id.
create function oneai.is_reserved_slug(p_slug text) returns boolean
language sql immutable
as $$
  select p_slug = any (array[
    'about', 'abuse', 'account', 'accounts', 'admin', 'admins', 'administrator', 'api', 'app', 'assets', 'auth',
    'billing', 'blog', 'cdn', 'chat', 'chats', 'chatbot', 'chatbots', 'collections', 'contact', 'dashboard', 'demo',
    'dev', 'docs', 'documents', 'email', 'enterprise', 'faq', 'free', 'ftp', 'guide', 'help', 'home', 'inbox', 'index',
    'info', 'invite', 'invitation', 'invitations', 'invoices', 'legal', 'login', 'log-in', 'logout', 'log-out', 'mail',
    'me', 'members', 'models', 'news', 'noreply', 'no-reply', 'null', 'official', 'operator', 'owner', 'personal',
    'plans', 'postmaster', 'press', 'pricing', 'privacy', 'pro', 'public', 'register', 'robots', 'root', 'sales',
    'search', 'security', 'settings', 'share', 'shared', 'shares', 'sign-in', 'signin', 'sign-out', 'signout',
    'sign-up', 'signup', 'staff', 'static', 'status', 'subscription', 'support', 'system', 'team', 'teams', 'terms',
    'test', 'undefined', 'usage', 'user', 'users', 'webhooks', 'webmaster', 'widget', 'workspace', 'workspaces', 'www'])
    or p_slug like 'oneai%' or p_slug like 'xn--%' or replace(p_slug, '-', '') ~ '^[0-9a-f]{32}$'
$$;
revoke execute on function oneai.is_reserved_slug from public;

-- The slug that a name suggests: its letters without accents and its digits, joined by hyphens. A name without such
-- letters gets one that is made of `p_id`.
create function oneai.slug_of_name(p_name text, p_id uuid) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  plain text := pg_catalog.lower(pg_catalog.normalize(p_name, 'NFKD'));
begin
  plain := pg_catalog.regexp_replace(plain, '[̀-ͯ''’ʼ]', '', 'g');
  plain := pg_catalog.translate(
    pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(plain, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'øđłıð', 'odlid');
  plain := pg_catalog.btrim(pg_catalog.left(
    pg_catalog.btrim(pg_catalog.regexp_replace(plain, '[^a-z0-9]+', '-', 'g'), '-'), 40), '-');
  if plain = '' then
    return 'team-' || pg_catalog.left(p_id::text, 8);
  elsif pg_catalog.length(plain) < 3 then
    return plain || '-team';
  elsif oneai.is_reserved_slug(plain) then
    return pg_catalog.btrim(pg_catalog.left('team-' || plain, 40), '-');
  end if;
  return plain;
end
$$;
revoke execute on function oneai.slug_of_name from public;

-- Takes a slug for a workspace; false if another one has it. Of two who take the same slug, the second waits for the
-- first: the row is the lock.
create function oneai.take_slug(p_workspace uuid, p_slug text) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.free_idle_slug(p_slug, p_workspace);
  insert into oneai.workspace_slugs as s (slug, workspace_id) values (p_slug, p_workspace)
  on conflict (slug) do update set workspace_id = excluded.workspace_id, replaced_at = null
  where s.workspace_id = excluded.workspace_id or s.replaced_at <= oneai.now() - oneai.slug_rest();
  if not found then
    return false;
  end if;
  update oneai.workspace_slugs set replaced_at = oneai.now()
  where workspace_id = p_workspace and slug <> p_slug and replaced_at is null;
  delete from oneai.workspace_slugs where slug in (
    select s.slug from oneai.workspace_slugs as s
    where s.workspace_id = p_workspace and s.replaced_at is not null
    order by s.replaced_at desc, s.slug offset oneai.max_former_slugs());
  update oneai.workspaces set slug = p_slug where id = p_workspace and slug is distinct from p_slug;
  return true;
end
$$;
revoke execute on function oneai.take_slug from public;

-- Takes the slug of the name, or that with the first free number: `tea`, `tea-2`, `tea-3`.
create function oneai.take_slug_of_name(p_workspace uuid, p_name text) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  base constant text := oneai.slug_of_name(p_name, p_workspace);
  candidate text := base;
begin
  for attempt in 1 .. 20 loop
    if oneai.take_slug(p_workspace, candidate) then
      return candidate;
    end if;
    select numbered.slug into candidate from pg_catalog.generate_series(2, 1000) as n
    cross join lateral (
      select pg_catalog.rtrim(pg_catalog.left(base, 39 - pg_catalog.length(n::text)), '-') || '-' || n as slug) as numbered
    where not exists (select from oneai.workspace_slugs as s where s.slug = numbered.slug) order by n limit 1;
    exit when candidate is null;
  end loop;
  -- Very many teams have this name, or take it at this moment.
  candidate := pg_catalog.rtrim(pg_catalog.left(base, 31), '-') || '-' || pg_catalog.left(p_workspace::text, 8);
  if not oneai.take_slug(p_workspace, candidate) then
    raise exception using errcode = 'ON503', message = 'busy';
  end if;
  return candidate;
end
$$;
revoke execute on function oneai.take_slug_of_name from public;

-- Gives another slug to a team without a plan that has it and was idle for 90 days, so that good ones are not held for
-- free. Skips a team that is being changed at this moment.
create function oneai.free_idle_slug(p_slug text, p_for uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  since constant timestamptz := oneai.now() - interval '90 days';
  idle uuid;
  other text;
begin
  select w.id, pg_catalog.rtrim(pg_catalog.left(p_slug, 31), '-') || '-' || pg_catalog.left(w.id::text, 8)
  into idle, other from oneai.workspace_slugs as s join oneai.workspaces as w on w.id = s.workspace_id
  where s.slug = p_slug and s.replaced_at is null and w.id <> p_for and w.subscription_tier = 'none'
    and w.created_at < since and w.updated_at < since
    and not exists (select from oneai.conversations as c where c.workspace_id = w.id and c.updated_at >= since)
    and not exists (select from oneai.documents as d where d.workspace_id = w.id and d.created_at >= since)
    and not exists (select from oneai.workspace_members as m where m.workspace_id = w.id and m.joined_at >= since)
  for no key update of w skip locked;
  insert into oneai.workspace_slugs (slug, workspace_id)
  select other, idle where idle is not null on conflict (slug) do nothing;
  if found then
    delete from oneai.workspace_slugs where slug = p_slug;
    update oneai.workspaces set slug = other where id = idle;
  end if;
end
$$;
revoke execute on function oneai.free_idle_slug from public;

-- The workspace with this id or slug, also one that it had in the last 90 days; null if there is none, and for anything
-- else. It says nothing about who may see it.
create function oneai.find_workspace(p_reference text) returns uuid
language sql stable security definer set search_path = ''
as $$
  select case
    when p_reference ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then (
      select w.id from oneai.workspaces as w where w.id = p_reference::uuid)
    else coalesce(
      (select w.id from oneai.workspaces as w where w.slug::text = lower(p_reference)),
      (select s.workspace_id from oneai.workspace_slugs as s
       where s.slug::text = lower(p_reference) and s.replaced_at > oneai.now() - oneai.slug_redirect())) end
$$;
revoke execute on function oneai.find_workspace from public;

-- A deleted workspace's slugs stay reserved.
create function oneai.on_workspace_gone() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.workspace_slugs set replaced_at = coalesce(replaced_at, oneai.now()) where workspace_id = old.id;
  return old;
end
$$;
revoke execute on function oneai.on_workspace_gone from public;

create trigger oneai_on_workspace_gone before delete on oneai.workspaces
  for each row when (old.kind = 'team') execute function oneai.on_workspace_gone();
