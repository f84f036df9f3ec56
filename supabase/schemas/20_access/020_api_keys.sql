-- API keys: credentials of programs, which permit a part of what their owner may do.

create table oneai.api_keys (
  id uuid primary key default gen_random_uuid(),
  -- What pays for its requests.
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  -- Who made it, and as whom its requests act.
  user_id uuid not null references oneai.users (id) on delete cascade,
  name text not null check (length(name) between 1 and 100),
  -- The prefix and the last four characters of the current secret.
  hint text not null,
  scopes text[] not null check (cardinality(scopes) > 0 and scopes <@ array[
    'chat', 'models', 'embeddings', 'usage:read', 'conversations:read', 'conversations:write',
    'documents:read', 'documents:write']),
  -- Patterns of models' ids, `*` for any characters; null: every model.
  models text[] check (cardinality(models) > 0),
  expires_at timestamptz,
  -- The maximum cost of answers in one window: a UTC day, a week from Monday, a month, or the key's lifetime.
  budget_micro_usd bigint check (budget_micro_usd >= 0),
  budget_window text check (budget_window in ('day', 'week', 'month', 'total')),
  requests_per_minute integer check (requests_per_minute > 0),
  tokens_per_minute integer check (tokens_per_minute > 0),
  -- The number of concurrent answers.
  parallel integer check (parallel > 0),
  -- The networks from which the key is accepted; null: any.
  ip_ranges cidr[] check (cardinality(ip_ranges) > 0),
  created_at timestamptz not null default oneai.now(),
  -- Written at most once a minute.
  last_used_at timestamptz,
  -- Until when the newest of the previous secrets is valid.
  previous_valid_until timestamptz,
  revoked_at timestamptz,
  check ((budget_micro_usd is null) = (budget_window is null))
);
create index api_keys_of_workspace on oneai.api_keys (workspace_id, created_at, id);
create index api_keys_of_user on oneai.api_keys (user_id) where revoked_at is null;

alter table oneai.api_keys enable row level security;
create policy "members see the keys" on oneai.api_keys
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
revoke all on oneai.api_keys from anon, authenticated, service_role;
grant select on oneai.api_keys to authenticated;

-- The hashed secrets of keys. A rotation adds one, and sets how long the others remain valid.
create table oneai.api_key_secrets (
  -- SHA-256: the secret has 238 random bits, which need no slow hash.
  hash bytea primary key check (octet_length(hash) = 32),
  api_key_id uuid not null references oneai.api_keys (id) on delete cascade,
  -- Null for the current secret.
  valid_until timestamptz
);
create unique index api_key_secrets_current on oneai.api_key_secrets (api_key_id) where valid_until is null;
create index api_key_secrets_of_key on oneai.api_key_secrets (api_key_id);

alter table oneai.api_key_secrets enable row level security;
revoke all on oneai.api_key_secrets from anon, authenticated, service_role;

create function oneai.api_key_state(p_key oneai.api_keys) returns text
language sql stable
as $$
  select case when p_key.revoked_at is not null then 'revoked' when p_key.expires_at <= oneai.now() then 'expired'
    when p_key.previous_valid_until > oneai.now() then 'rotating' else 'active' end
$$;
revoke execute on function oneai.api_key_state from public;
grant execute on function oneai.api_key_state to authenticated, oneai_service;

-- The key whose secret has this hash, if secret and key are valid and its owner still belongs to its workspace; else all
-- null.
create function oneai.find_api_key(p_hash bytea) returns oneai.api_keys
language sql stable security definer set search_path = ''
as $$
  select k.* from oneai.api_key_secrets as s join oneai.api_keys as k on k.id = s.api_key_id
  where s.hash = p_hash and coalesce(s.valid_until > oneai.now(), true)
    and k.revoked_at is null and coalesce(k.expires_at > oneai.now(), true)
    and (k.workspace_id = k.user_id or exists (
      select from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
      where m.user_id = k.user_id and m.workspace_id = k.workspace_id and w.deletes_at is null))
$$;
revoke execute on function oneai.find_api_key from public;

-- ON422 for one field of a key.
create function oneai.refuse_api_key_field(p_field text, p_code text) returns void
language plpgsql immutable
as $$
begin
  raise exception using errcode = 'ON422', message = 'invalid_request', detail = json_build_object('details',
    json_build_array(json_build_object('field', p_field, 'code', p_code)));
end
$$;
revoke execute on function oneai.refuse_api_key_field from public;

-- The workspace of a key that the user may manage. Refuses as oneai.require_named.
create function oneai.require_api_key(p_user uuid, p_id uuid) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
  workspace constant uuid := (select k.workspace_id from oneai.api_keys as k where k.id = p_id);
begin
  perform oneai.require_named(p_user, workspace, 'manage');
  return workspace;
end
$$;
revoke execute on function oneai.require_api_key from public;
grant execute on function oneai.require_api_key to oneai_app;

-- A key that the user may manage, locked for a change. Refuses as oneai.require_api_key, and with ON422 if it is revoked.
create function oneai.lock_api_key(p_user uuid, p_id uuid) returns oneai.api_keys
language plpgsql security definer set search_path = ''
as $$
declare
  key oneai.api_keys;
begin
  perform oneai.require_api_key(p_user, p_id);
  select * into key from oneai.api_keys where id = p_id for no key update;
  if key.revoked_at is not null then
    perform oneai.refuse_api_key_field('id', 'revoked');
  end if;
  return key;
end
$$;
revoke execute on function oneai.lock_api_key from public;

-- Whether a value is no higher than the other one; null: no limit.
create function oneai.is_at_most(p_value anycompatible, p_most anycompatible) returns boolean
language sql immutable
as $$ select p_most is null or coalesce(p_value <= p_most, false) $$;
revoke execute on function oneai.is_at_most from public;

-- Whether a key may do no more than another version of it.
create function oneai.is_narrower_key(p_key oneai.api_keys, p_than oneai.api_keys) returns boolean
language sql immutable
as $$
  select p_key.scopes <@ p_than.scopes
    and (p_than.models is null or coalesce(p_key.models <@ p_than.models, false))
    and oneai.is_at_most(p_key.expires_at, p_than.expires_at)
    and (p_than.budget_window is null or p_key.budget_window is not distinct from p_than.budget_window)
    and oneai.is_at_most(p_key.budget_micro_usd, p_than.budget_micro_usd)
    and oneai.is_at_most(p_key.requests_per_minute, p_than.requests_per_minute)
    and oneai.is_at_most(p_key.tokens_per_minute, p_than.tokens_per_minute)
    and oneai.is_at_most(p_key.parallel, p_than.parallel)
    and (p_than.ip_ranges is null or p_key.ip_ranges is not null and not exists (
      select from unnest(p_key.ip_ranges) as r where not exists (
        select from unnest(p_than.ip_ranges) as o where r <<= o)))
$$;
revoke execute on function oneai.is_narrower_key from public;

-- ON403 `forbidden` unless the user made the key: its requests act as its maker, so others get neither a secret of it nor
-- more rights for it.
create function oneai.require_maker(p_user uuid, p_key oneai.api_keys) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if p_key.user_id <> p_user then
    raise exception using errcode = 'ON403', message = 'forbidden';
  end if;
end
$$;
revoke execute on function oneai.require_maker from public;

-- Creates a key with the columns of `p_columns` and its first secret. A workspace has at most `p_limit` keys that are
-- not revoked. ON401 if the user does not exist, ON403 and ON404 as oneai.require_right, ON422 for too many keys and for an expiry in the past.
create function oneai.create_api_key(
  p_user uuid, p_workspace uuid, p_columns jsonb, p_hint text, p_hash bytea, p_limit integer)
returns oneai.api_keys
language plpgsql security definer set search_path = ''
as $$
declare
  key oneai.api_keys := jsonb_populate_record(null::oneai.api_keys, p_columns);
begin
  perform oneai.ensure_user(p_user);
  perform 1 from oneai.workspaces where id = p_workspace for no key update;
  if not found then
    raise exception using errcode = 'ON401', message = 'unauthenticated';
  end if;
  if p_workspace <> p_user then
    perform oneai.require_right(p_user, p_workspace, 'manage');
  end if;
  if (select count(*) from oneai.api_keys as k
      where k.workspace_id = p_workspace and k.revoked_at is null) >= p_limit then
    perform oneai.refuse_api_key_field('name', 'too_many');
  end if;
  if key.expires_at <= oneai.now() then
    perform oneai.refuse_api_key_field('expires_at', 'in_the_past');
  end if;
  insert into oneai.api_keys (
    workspace_id, user_id, name, hint, scopes, models, expires_at, budget_micro_usd, budget_window,
    requests_per_minute, tokens_per_minute, parallel, ip_ranges)
  values (
    p_workspace, p_user, key.name, p_hint, key.scopes, key.models, key.expires_at, key.budget_micro_usd,
    key.budget_window, key.requests_per_minute, key.tokens_per_minute, key.parallel, key.ip_ranges)
  returning * into key;
  insert into oneai.api_key_secrets (hash, api_key_id) values (p_hash, key.id);
  perform oneai.record_audit('user', p_user::text, 'api_key.create', p_user, 'api_key', key.id::text,
    p_workspace => key.workspace_id);
  return key;
end
$$;
revoke execute on function oneai.create_api_key from public;
grant execute on function oneai.create_api_key to oneai_service;

-- Changes the columns in `p_columns`. Refuses as oneai.lock_api_key, with ON422 for an expiry in the past, and as
-- oneai.require_maker what lets the key do more than before.
create function oneai.update_api_key(p_user uuid, p_id uuid, p_columns jsonb) returns oneai.api_keys
language plpgsql security definer set search_path = ''
as $$
declare
  before constant oneai.api_keys := oneai.lock_api_key(p_user, p_id);
  key oneai.api_keys := jsonb_populate_record(before, p_columns);
begin
  if not oneai.is_narrower_key(key, before) then
    perform oneai.require_maker(p_user, before);
  end if;
  if p_columns ? 'expires_at' and key.expires_at <= oneai.now() then
    perform oneai.refuse_api_key_field('expires_at', 'in_the_past');
  end if;
  update oneai.api_keys
  set name = key.name, scopes = key.scopes, models = key.models, expires_at = key.expires_at,
      budget_micro_usd = key.budget_micro_usd, budget_window = key.budget_window,
      requests_per_minute = key.requests_per_minute, tokens_per_minute = key.tokens_per_minute,
      parallel = key.parallel, ip_ranges = key.ip_ranges
  where id = key.id returning * into key;
  perform oneai.record_audit('user', p_user::text, 'api_key.update', p_user, 'api_key', key.id::text,
    p_workspace => key.workspace_id);
  return key;
end
$$;
revoke execute on function oneai.update_api_key from public;
grant execute on function oneai.update_api_key to oneai_service;

-- Gives the key a new secret. Earlier ones remain valid for `p_overlap_seconds`, or shorter if an earlier rotation set
-- that: two concurrent rotations leave both callers a valid secret. ON404, ON422, ON403 as oneai.require_maker.
create function oneai.rotate_api_key(
  p_user uuid, p_id uuid, p_hint text, p_hash bytea, p_overlap_seconds integer)
returns oneai.api_keys
language plpgsql security definer set search_path = ''
as $$
declare
  key oneai.api_keys := oneai.lock_api_key(p_user, p_id);
  ends_at constant timestamptz := oneai.now() + make_interval(secs => p_overlap_seconds);
begin
  perform oneai.require_maker(p_user, key);
  update oneai.api_key_secrets set valid_until = least(coalesce(valid_until, ends_at), ends_at)
  where api_key_id = key.id;
  delete from oneai.api_key_secrets where api_key_id = key.id and valid_until <= oneai.now();
  insert into oneai.api_key_secrets (hash, api_key_id) values (p_hash, key.id);
  update oneai.api_keys
  set hint = p_hint, previous_valid_until = (
    select max(s.valid_until) from oneai.api_key_secrets as s where s.api_key_id = key.id)
  where id = key.id returning * into key;
  perform oneai.record_audit('user', p_user::text, 'api_key.rotate', p_user, 'api_key', key.id::text,
    p_workspace => key.workspace_id);
  return key;
end
$$;
revoke execute on function oneai.rotate_api_key from public;
grant execute on function oneai.rotate_api_key to oneai_service;

-- Revokes a key immediately. Idempotent. Refuses as oneai.require_api_key.
create function oneai.revoke_api_key(p_user uuid, p_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  payer constant uuid := oneai.require_api_key(p_user, p_id);
begin
  update oneai.api_keys set revoked_at = oneai.now() where id = p_id and revoked_at is null;
  if found then
    perform oneai.record_audit('user', p_user::text, 'api_key.revoke', p_user, 'api_key', p_id::text,
      p_workspace => payer);
  end if;
end
$$;
revoke execute on function oneai.revoke_api_key from public;
grant execute on function oneai.revoke_api_key to oneai_app;

-- Revokes all keys of a user; returns how many.
create function oneai.revoke_api_keys(p_user uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  revoked_count integer;
begin
  update oneai.api_keys set revoked_at = oneai.now() where user_id = p_user and revoked_at is null;
  get diagnostics revoked_count = row_count;
  return revoked_count;
end
$$;
revoke execute on function oneai.revoke_api_keys from public;
grant execute on function oneai.revoke_api_keys to oneai_app;

-- Revokes the keys whose valid secrets were found in public, by their hashes, and mails their owners. Returns nothing,
-- so that the answer is the same for secrets of no key.
create function oneai.report_api_keys(p_hashes bytea[]) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  key oneai.api_keys;
begin
  for key in
    select k.* from oneai.api_keys as k
    where k.revoked_at is null and k.id in (
      select s.api_key_id from oneai.api_key_secrets as s
      where s.hash = any (p_hashes) and coalesce(s.valid_until > oneai.now(), true))
    order by k.id for no key update
  loop
    update oneai.api_keys set revoked_at = oneai.now() where id = key.id;
    perform oneai.record_audit('system', 'secret_scanner', 'api_key.report', key.user_id, 'api_key', key.id::text,
      p_workspace => key.workspace_id);
    perform oneai.enqueue_mail(
      key.user_id, 'api_key_leaked', key.id::text, jsonb_build_object('key_name', key.name, 'hint', key.hint));
  end loop;
end
$$;
revoke execute on function oneai.report_api_keys from public;
grant execute on function oneai.report_api_keys to oneai_app;
