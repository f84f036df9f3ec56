-- Requests with an API key instead of a token: their rates, and their user.

-- Consumes the rates of a request with the secret of this hash, in a separate transaction: that of the key's owner
-- (`p_limit_name`), the key's own if it has one, and its team's if it belongs to one. Returns how many units remain of the owner's or the
-- key's, whichever has fewer, and the key's limit if that one is the key's. A secret of no valid key consumes the rate of its address (`p_network`), and
-- oneai.begin_api_key_request refuses it. Records the use, at most once a minute. ON429.
create function oneai.take_api_key_rate(
  p_hash bytea, p_limit_name text, p_per_minute integer, p_burst integer, p_network text,
  p_unknown_per_minute integer, p_unknown_burst integer, p_team_per_minute integer, p_team_burst integer,
  out remaining integer, out key_limit integer)
language plpgsql security definer set search_path = ''
as $$
declare
  key constant oneai.api_keys := oneai.find_api_key(p_hash);
  of_owner integer;
begin
  if key.id is null then
    remaining := oneai.take_rate(p_network, 'public', p_unknown_per_minute, p_unknown_burst, 1);
    return;
  end if;
  if key.requests_per_minute is not null then
    remaining := oneai.take_rate(
      key.id::text, 'api_key_requests', key.requests_per_minute, key.requests_per_minute, 1);
    key_limit := key.requests_per_minute;
  end if;
  of_owner := oneai.take_rate(key.user_id::text, p_limit_name, p_per_minute, p_burst, 1);
  if remaining is null or of_owner < remaining then
    remaining := of_owner;
    key_limit := null;
  end if;
  if key.workspace_id <> key.user_id then
    perform oneai.take_rate(key.workspace_id::text, 'team_' || p_limit_name, p_team_per_minute, p_team_burst, 1);
  end if;
  if coalesce(key.last_used_at <= oneai.now() - interval '1 minute', true) then
    -- Of many concurrent requests, one records the use and the others do not wait for the row.
    update oneai.api_keys set last_used_at = oneai.now() where id = (
      select k.id from oneai.api_keys as k where k.id = key.id for no key update skip locked);
  end if;
end
$$;
revoke execute on function oneai.take_api_key_rate from public;
grant execute on function oneai.take_api_key_rate to oneai_app;

-- Whether the secret of this hash belongs to a key, before a large request is read. The request's first statement
-- consumes the rates of a key. A secret of no valid key consumes the rate of its address (`p_network`). ON429.
create function oneai.is_api_key(p_hash bytea, p_network text, p_per_minute integer, p_burst integer) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  key constant oneai.api_keys := oneai.find_api_key(p_hash);
begin
  if key.id is null then
    perform oneai.take_rate(p_network, 'public', p_per_minute, p_burst, 1);
  end if;
  return key.id is not null;
end
$$;
revoke execute on function oneai.is_api_key from public;
grant execute on function oneai.is_api_key to oneai_app;

-- Starts the work of a request with the secret of this hash, from this address (null: unknown), for a route with this
-- scope: checks the key and its owner's account, and sets the claims for row-level security in the transaction. The
-- next statements get the user from oneai.request_user_id(), the key from oneai.request_api_key_id() and its workspace
-- from oneai.request_workspace_id(), which is the only one that row-level security shows. `p_workspace` is the id or slug
-- that the request names, null for none; in the key's workspace its owner needs `p_right`. Refuses with ON401
-- `invalid_api_key` and ON403 `ip_not_allowed`, `insufficient_scope`, `role_insufficient`, `forbidden` (another
-- workspace), `account_suspended`, `account_deleting`, and ON503 `maintenance`.
create function oneai.begin_api_key_request(
  p_hash bytea, p_scope text, p_address inet, p_workspace text, p_right text,
  out user_id uuid, out api_key_id uuid, out workspace_id uuid)
language plpgsql security definer set search_path = ''
as $$
declare
  key constant oneai.api_keys := oneai.find_api_key(p_hash);
  account oneai.users;
begin
  if key.id is null then
    raise exception using errcode = 'ON401', message = 'invalid_api_key';
  end if;
  if key.ip_ranges is not null and (p_address <<= any (key.ip_ranges::inet[])) is not true then
    raise exception using errcode = 'ON403', message = 'ip_not_allowed';
  end if;
  perform oneai.require_open(key.user_id, '{}');
  select * into account from oneai.users where id = key.user_id;
  perform oneai.require_usable_account(account, '{}');
  if not p_scope = any (key.scopes) then
    raise exception using errcode = 'ON403', message = 'insufficient_scope',
      detail = json_build_object('scope', p_scope);
  end if;
  if p_workspace is not null and lower(p_workspace) <> key.workspace_id::text and not exists (
    select from oneai.workspaces as w where w.id = key.workspace_id and w.slug::text = lower(p_workspace))
  then
    raise exception using errcode = 'ON403', message = 'forbidden',
      detail = '{"refusal": {"code": "other_workspace"}}';
  end if;
  if key.workspace_id <> key.user_id then
    perform oneai.require_right(key.user_id, key.workspace_id, p_right);
  end if;
  user_id := key.user_id;
  api_key_id := key.id;
  workspace_id := key.workspace_id;
  perform set_config('oneai.workspace', key.workspace_id::text, true);
  perform set_config('request.jwt.claims',
    json_build_object('sub', key.user_id, 'role', 'authenticated', 'api_key_id', key.id)::text, true);
end
$$;
revoke execute on function oneai.begin_api_key_request from public;
grant execute on function oneai.begin_api_key_request to oneai_app;

-- Verifies the secret of this hash for a request from this address: `reason` is the refusal of
-- oneai.begin_api_key_request without scopes, null if there is none. The other columns are only set without a refusal,
-- so that a secret that never existed cannot be distinguished from one that is expired or revoked.
create function oneai.verify_api_key(
  p_hash bytea, p_address inet, out reason text, out state text, out user_id uuid, out scopes text[],
  out expires_at timestamptz)
language plpgsql stable security definer set search_path = ''
as $$
declare
  key constant oneai.api_keys := oneai.find_api_key(p_hash);
  account oneai.users;
begin
  select * into account from oneai.users where id = key.user_id;
  reason := case
    when key.id is null then 'invalid_api_key'
    when key.ip_ranges is not null and (p_address <<= any (key.ip_ranges::inet[])) is not true then 'ip_not_allowed'
    when account.suspended_at is not null then 'account_suspended'
    when account.deletes_at is not null then 'account_deleting' end;
  if reason is null then
    state := oneai.api_key_state(key);
    user_id := key.user_id;
    scopes := key.scopes;
    expires_at := (
      select least(key.expires_at, s.valid_until) from oneai.api_key_secrets as s where s.hash = p_hash);
  end if;
end
$$;
revoke execute on function oneai.verify_api_key from public;
grant execute on function oneai.verify_api_key to oneai_app;

-- The user of the request whose claims were set in this transaction.
create function oneai.request_user_id() returns uuid
language sql stable
as $$ select (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid $$;
revoke execute on function oneai.request_user_id from public;
grant execute on function oneai.request_user_id to authenticated, oneai_service, oneai_app;

-- The workspace of that request, which pays for it and whose documents it reads: the one that it chose or its API key
-- belongs to, else the user's own.
create function oneai.request_workspace_id() returns uuid
language sql stable
as $$ select coalesce(oneai.chosen_workspace(), oneai.request_user_id()) $$;
revoke execute on function oneai.request_workspace_id from public;
grant execute on function oneai.request_workspace_id to authenticated, oneai_service, oneai_app;

-- The API key of that request; null for a signed-in user.
create function oneai.request_api_key_id() returns uuid
language sql stable
as $$ select (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'api_key_id')::uuid $$;
revoke execute on function oneai.request_api_key_id from public;
grant execute on function oneai.request_api_key_id to authenticated, oneai_service, oneai_app;
