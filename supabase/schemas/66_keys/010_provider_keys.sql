-- Keys of workspaces for model providers, encrypted: oneai/provider_keys/envelope.py. The database never has their text, nor
-- the data keys that open them.

-- A data key of a workspace, as KMS wrapped it.
create table oneai.provider_data_keys (
  id uuid primary key,
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  -- The key of KMS that wrapped it.
  kms_key_id text not null check (length(kms_key_id) between 1 and 2048),
  wrapped bytea not null check (octet_length(wrapped) between 32 and 6144),
  created_at timestamptz not null default oneai.now(),
  -- When an operator said that others may know it. A job then encrypts by another one, and deletes it.
  suspected_at timestamptz,
  unique (id, workspace_id)
);
create unique index provider_data_keys_current on oneai.provider_data_keys (workspace_id) where suspected_at is null;
create index provider_data_keys_of_workspace on oneai.provider_data_keys (workspace_id);

-- Only functions read it.
alter table oneai.provider_data_keys enable row level security;
revoke all on oneai.provider_data_keys from anon, authenticated, service_role;

create table oneai.provider_keys (
  id uuid primary key,
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  -- Who entered it last; null once they are erased, because the key is the workspace's.
  user_id uuid references oneai.users (id) on delete set null,
  provider text not null check (provider in ('openrouter', 'openai', 'anthropic', 'gemini', 'replicate', 'custom')),
  name text not null check (length(name) between 1 and 100),
  -- Where a custom provider is asked.
  base_url text check (length(base_url) between 1 and 2000),
  last4 text not null check (length(last4) <= 4),
  -- The HMAC-SHA-256 of the key under a key of the deployment, which finds repetitions and keys that were found in public.
  fingerprint bytea not null check (octet_length(fingerprint) = 32),
  -- The key: the version of its format, the data key, and what AES-256-GCM made of it. Null once it was found in public.
  version smallint,
  data_key_id uuid,
  nonce bytea check (octet_length(nonce) = 12),
  ciphertext bytea check (octet_length(ciphertext) between 17 and 4112),
  -- The most that its answers may cost, and be, in a day and a month of the workspace's time zone; null: any.
  micro_usd_per_day bigint check (micro_usd_per_day between 0 and 1000000000000),
  micro_usd_per_month bigint check (micro_usd_per_month between 0 and 1000000000000),
  answers_per_day integer check (answers_per_day between 0 and 1000000),
  -- What pays where the key's provider fails, and for how many answers of a day.
  fallback text not null default 'none' check (fallback in ('none', 'plan', 'credits', 'plan_then_credits')),
  fallback_answers_per_day integer check (fallback_answers_per_day between 0 and 1000000),
  -- The names of a custom provider's models: those that its last test listed, or that its owner stated; null: unknown.
  models text[] check (cardinality(models) <= 200),
  -- Why its last request failed; null: it did not.
  problem text check (length(problem) between 1 and 50),
  problem_at timestamptz,
  -- Since when its provider refuses it.
  refused_at timestamptz,
  -- When it was found in public.
  revoked_at timestamptz,
  created_at timestamptz not null default oneai.now(),
  -- Written at most once a minute.
  last_used_at timestamptz,
  foreign key (data_key_id, workspace_id) references oneai.provider_data_keys (id, workspace_id),
  check ((provider = 'custom') = (base_url is not null)),
  check (num_nulls(version, data_key_id, nonce, ciphertext) = case when revoked_at is null then 0 else 4 end)
);
create unique index provider_keys_once on oneai.provider_keys (workspace_id, fingerprint, provider, coalesce(base_url, ''));
create index provider_keys_of_workspace on oneai.provider_keys (workspace_id, created_at, id);
create index provider_keys_of_user on oneai.provider_keys (user_id) where user_id is not null;
create index provider_keys_by_fingerprint on oneai.provider_keys (fingerprint) where revoked_at is null;
create index provider_keys_by_data_key on oneai.provider_keys (data_key_id) where data_key_id is not null;

-- Those who manage the workspace read all but the encrypted key and its fingerprint.
alter table oneai.provider_keys enable row level security;
create policy "managers see the keys" on oneai.provider_keys
  for select to authenticated using (workspace_id = any (array(select oneai.my_managed_workspaces())));
revoke all on oneai.provider_keys from anon, authenticated, service_role;
grant select (id, workspace_id, user_id, provider, name, base_url, last4, micro_usd_per_day, micro_usd_per_month,
  answers_per_day, fallback, fallback_answers_per_day, problem, refused_at, revoked_at, created_at, last_used_at)
  on oneai.provider_keys to authenticated;

create function oneai.provider_key_state(p_revoked_at timestamptz, p_refused_at timestamptz) returns text
language sql immutable
as $$
  select case when p_revoked_at is not null then 'revoked' when p_refused_at is not null then 'refused' else 'active' end
$$;
revoke execute on function oneai.provider_key_state from public;
grant execute on function oneai.provider_key_state to authenticated;

-- Whether the account of a key had no credit within the last hour.
create function oneai.is_exhausted_key(p_key oneai.provider_keys) returns boolean
language sql stable
as $$ select coalesce(p_key.problem = 'no_credit' and p_key.problem_at > oneai.now() - interval '1 hour', false) $$;
revoke execute on function oneai.is_exhausted_key from public;

-- A key as the API shows it.
create function oneai.shown_provider_key(p_key oneai.provider_keys) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('id', p_key.id, 'provider', p_key.provider, 'name', p_key.name, 'base_url', p_key.base_url,
    'last4', p_key.last4, 'state', oneai.provider_key_state(p_key.revoked_at, p_key.refused_at), 'problem', p_key.problem,
    'limits', jsonb_build_object('micro_usd_per_day', p_key.micro_usd_per_day,
      'micro_usd_per_month', p_key.micro_usd_per_month, 'answers_per_day', p_key.answers_per_day,
      'fallback_answers_per_day', p_key.fallback_answers_per_day),
    'fallback', p_key.fallback, 'models', p_key.models, 'created_at', p_key.created_at, 'last_used_at', p_key.last_used_at)
$$;
revoke execute on function oneai.shown_provider_key from public;

-- The keys of the request's workspace, the oldest first: their right is checked with it.
create function oneai.list_provider_keys(p_user uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  asked constant uuid := coalesce(oneai.chosen_workspace(), p_user);
begin
  return (
    select coalesce(jsonb_agg(oneai.shown_provider_key(k) order by k.created_at, k.id), '[]')
    from oneai.provider_keys as k where k.workspace_id = asked);
end
$$;
revoke execute on function oneai.list_provider_keys from public;
grant execute on function oneai.list_provider_keys to oneai_app;

-- The workspace of a key that the user may manage. Refuses as oneai.require_named.
create function oneai.require_provider_key(p_user uuid, p_id uuid) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
  workspace constant uuid := (select k.workspace_id from oneai.provider_keys as k where k.id = p_id);
begin
  perform oneai.require_named(p_user, workspace, 'manage');
  return workspace;
end
$$;
revoke execute on function oneai.require_provider_key from public;

-- The workspace of a new key, or of the existing key p_id, and its data key: {workspace, provider, base_url, data_key},
-- where `data_key` is {id, wrapped (hexadecimal)}, or null if there is none yet. Refuses as oneai.require_provider_key.
create function oneai.place_of_provider_key(p_user uuid, p_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  place uuid := coalesce(oneai.chosen_workspace(), p_user);
begin
  if p_id is not null then
    place := oneai.require_provider_key(p_user, p_id);
  end if;
  perform oneai.ensure_user(p_user);
  return jsonb_build_object('workspace', place, 'data_key', (
      select jsonb_build_object('id', d.id, 'wrapped', encode(d.wrapped, 'hex'))
      from oneai.provider_data_keys as d where d.workspace_id = place and d.suspected_at is null))
    || coalesce((select jsonb_build_object('provider', k.provider, 'base_url', k.base_url)
      from oneai.provider_keys as k where k.id = p_id), '{}');
end
$$;
revoke execute on function oneai.place_of_provider_key from public;
grant execute on function oneai.place_of_provider_key to oneai_app;

-- Stores a data key of a workspace unless it has one, and returns the one that it has: {id, wrapped (hexadecimal)}.
create function oneai.add_data_key(p_workspace uuid, p_id uuid, p_kms_key text, p_wrapped bytea) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.provider_data_keys (id, workspace_id, kms_key_id, wrapped)
  values (p_id, p_workspace, p_kms_key, p_wrapped)
  on conflict (workspace_id) where suspected_at is null do nothing;
  return (
    select jsonb_build_object('id', d.id, 'wrapped', encode(d.wrapped, 'hex'))
    from oneai.provider_data_keys as d where d.workspace_id = p_workspace and d.suspected_at is null);
end
$$;
revoke execute on function oneai.add_data_key from public;
grant execute on function oneai.add_data_key to oneai_app;

-- ON422 if the workspace has the key already.
create function oneai.refuse_repeated_provider_key(p_key oneai.provider_keys) returns void
language plpgsql stable set search_path = ''
as $$
declare
  other oneai.provider_keys;
begin
  select * into other from oneai.provider_keys as k
  where k.workspace_id = p_key.workspace_id and k.fingerprint = p_key.fingerprint and k.provider = p_key.provider
    and k.base_url is not distinct from p_key.base_url and k.id <> p_key.id;
  if found then
    perform oneai.refuse_api_key_field('key', case when other.revoked_at is null then 'repeated' else 'revoked' end);
  end if;
end
$$;
revoke execute on function oneai.refuse_repeated_provider_key from public;

-- Creates a key with the columns of p_columns in the workspace, and returns it as it is shown. A workspace has at most
-- p_limit keys. ON422 for too many keys and for one that it has, and as oneai.require_right.
create function oneai.create_provider_key(p_user uuid, p_workspace uuid, p_columns jsonb, p_limit integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  key oneai.provider_keys := jsonb_populate_record(null::oneai.provider_keys, p_columns);
begin
  perform 1 from oneai.workspaces where id = p_workspace for no key update;
  if not found then
    raise exception using errcode = 'ON404', message = 'workspace_not_found';
  end if;
  if p_workspace <> p_user then
    perform oneai.require_right(p_user, p_workspace, 'manage');
  end if;
  if (select count(*) from oneai.provider_keys as k where k.workspace_id = p_workspace) >= p_limit then
    perform oneai.refuse_api_key_field('name', 'too_many');
  end if;
  key.workspace_id := p_workspace;
  perform oneai.refuse_repeated_provider_key(key);
  insert into oneai.provider_keys (
    id, workspace_id, user_id, provider, name, base_url, last4, fingerprint, version, data_key_id, nonce, ciphertext,
    micro_usd_per_day, micro_usd_per_month, answers_per_day, fallback, fallback_answers_per_day, models)
  values (
    key.id, p_workspace, p_user, key.provider, key.name, key.base_url, key.last4, key.fingerprint, key.version,
    key.data_key_id, key.nonce, key.ciphertext, key.micro_usd_per_day, key.micro_usd_per_month, key.answers_per_day,
    key.fallback, key.fallback_answers_per_day, key.models)
  returning * into key;
  perform oneai.record_audit('user', p_user::text, 'provider_key.create', p_user, 'provider_key', key.id::text,
    p_workspace => p_workspace, p_detail => jsonb_build_object('provider', key.provider, 'last4', key.last4));
  return oneai.shown_provider_key(key);
end
$$;
revoke execute on function oneai.create_provider_key from public;
grant execute on function oneai.create_provider_key to oneai_app;

-- Changes the columns in p_columns, and returns the key as it is shown. With a ciphertext it is another key at the
-- provider, which was neither refused nor found in public; p_columns then has the address that it was encrypted for.
-- Refuses as oneai.require_provider_key, and with ON422 for a key that the workspace has.
create function oneai.update_provider_key(p_user uuid, p_id uuid, p_columns jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  payer constant uuid := oneai.require_provider_key(p_user, p_id);
  key oneai.provider_keys;
begin
  perform 1 from oneai.workspaces where id = payer for no key update;
  select * into key from oneai.provider_keys where id = p_id for no key update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  key := jsonb_populate_record(key, p_columns);
  if p_columns ? 'ciphertext' then
    perform oneai.refuse_repeated_provider_key(key);
    key.user_id := p_user;
    key.revoked_at := null;
    key.refused_at := null;
    key.problem := null;
  end if;
  update oneai.provider_keys
  set user_id = key.user_id, name = key.name, base_url = key.base_url, last4 = key.last4, fingerprint = key.fingerprint,
      version = key.version, data_key_id = key.data_key_id, nonce = key.nonce, ciphertext = key.ciphertext,
      micro_usd_per_day = key.micro_usd_per_day, micro_usd_per_month = key.micro_usd_per_month,
      answers_per_day = key.answers_per_day, fallback = key.fallback,
      fallback_answers_per_day = key.fallback_answers_per_day, revoked_at = key.revoked_at, refused_at = key.refused_at,
      problem = key.problem, models = key.models
  where id = key.id returning * into key;
  perform oneai.record_audit('user', p_user::text, 'provider_key.update', p_user, 'provider_key', key.id::text,
    p_workspace => payer, p_detail => jsonb_build_object('provider', key.provider, 'last4', key.last4,
      'changed', (select jsonb_agg(n.name order by n.name) from jsonb_object_keys(p_columns) as n (name)
        where n.name not in ('version', 'data_key_id', 'nonce', 'ciphertext', 'fingerprint'))));
  return oneai.shown_provider_key(key);
end
$$;
revoke execute on function oneai.update_provider_key from public;
grant execute on function oneai.update_provider_key to oneai_app;

-- Deletes a key at once. Refuses as oneai.require_provider_key.
create function oneai.delete_provider_key(p_user uuid, p_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  payer constant uuid := oneai.require_provider_key(p_user, p_id);
  key oneai.provider_keys;
begin
  delete from oneai.provider_keys where id = p_id returning * into key;
  if found then
    perform oneai.record_audit('user', p_user::text, 'provider_key.delete', p_user, 'provider_key', p_id::text,
      p_workspace => payer, p_detail => jsonb_build_object('provider', key.provider, 'last4', key.last4));
  end if;
end
$$;
revoke execute on function oneai.delete_provider_key from public;
grant execute on function oneai.delete_provider_key to oneai_app;

-- An encrypted key with its data key, as oneai/provider_keys/stored.py reads it.
create function oneai.sealed_provider_key(p_key oneai.provider_keys) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('id', p_key.id, 'workspace_id', p_key.workspace_id, 'provider', p_key.provider,
    'base_url', p_key.base_url, 'version', p_key.version, 'nonce', encode(p_key.nonce, 'hex'),
    'ciphertext', encode(p_key.ciphertext, 'hex'), 'data_key_id', d.id, 'wrapped', encode(d.wrapped, 'hex'))
  from oneai.provider_data_keys as d where d.id = p_key.data_key_id
$$;
revoke execute on function oneai.sealed_provider_key from public;

-- An encrypted key to be tested, with the models of a custom one. A test tells whether a key is good, so thieves would test theirs: it takes one of the tests of
-- the workspace and one of those of the network. ON422 `revoked`, ON429, and as oneai.require_provider_key.
create function oneai.test_provider_key(p_user uuid, p_id uuid, p_network text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  payer constant uuid := oneai.require_provider_key(p_user, p_id);
  key oneai.provider_keys;
begin
  select * into key from oneai.provider_keys where id = p_id;
  if key.revoked_at is not null then
    perform oneai.refuse_api_key_field('id', 'revoked');
  end if;
  perform oneai.take_rate(payer::text, 'provider_key_tests', 1, 6, 1);
  perform oneai.take_rate(p_network, 'provider_key_tests', 2, 12, 1);
  return oneai.sealed_provider_key(key) || jsonb_build_object('models', key.models);
end
$$;
revoke execute on function oneai.test_provider_key from public;
grant execute on function oneai.test_provider_key to oneai_app;

-- Notes what a request with the key showed: p_problem (null: none), whether the provider refused the key, and the models that a
-- custom provider listed (null: as before). Nothing if the key, which p_nonce belongs to, was replaced meanwhile.
create function oneai.note_provider_key(
  p_id uuid, p_nonce bytea, p_problem text, p_refused boolean, p_models text[] default null) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.provider_keys
  set problem = p_problem, problem_at = case when p_problem is not null then oneai.now() end, refused_at = case when p_refused then coalesce(refused_at, oneai.now()) end,
      models = case when provider = 'custom' then coalesce(p_models, models) end
  where id = p_id and nonce = p_nonce;
end
$$;
revoke execute on function oneai.note_provider_key from public;
grant execute on function oneai.note_provider_key to oneai_app;

-- Revokes the keys that were found in public, by their fingerprints: their text is deleted, and the owners get mail.
create function oneai.report_provider_keys(p_fingerprints bytea[]) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  key oneai.provider_keys;
begin
  for key in
    select k.* from oneai.provider_keys as k
    where k.fingerprint = any (p_fingerprints) and k.revoked_at is null order by k.id for no key update
  loop
    update oneai.provider_keys
    set revoked_at = oneai.now(), version = null, data_key_id = null, nonce = null, ciphertext = null
    where id = key.id;
    perform oneai.record_audit('system', 'secret_scanner', 'provider_key.report', key.user_id, 'provider_key',
      key.id::text, p_workspace => key.workspace_id,
      p_detail => jsonb_build_object('provider', key.provider, 'last4', key.last4));
    perform oneai.mail_owners(key.workspace_id, 'provider_key_leaked', key.id || '/' || encode(key.fingerprint, 'hex'),
      jsonb_build_object('key_name', key.name, 'provider', key.provider, 'last4', key.last4));
  end loop;
end
$$;
revoke execute on function oneai.report_provider_keys from public;
grant execute on function oneai.report_provider_keys to oneai_app;
