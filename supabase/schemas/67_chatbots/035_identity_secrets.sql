-- Secrets with which a website's server says who a visitor is. Of a secret the database has only the SHA-256: it is made
-- again from its id (oneai/chatbots/identity_secrets.py).

create table oneai.chatbot_identity_secrets (
  id uuid primary key,
  chatbot_id uuid not null references oneai.chatbots (id) on delete cascade,
  digest bytea not null check (octet_length(digest) = 32),
  created_at timestamptz not null default oneai.now(),
  -- Until when it is accepted beside a newer one; null: it is the newest.
  expires_at timestamptz
);
create index chatbot_identity_secrets_of_chatbot on oneai.chatbot_identity_secrets (chatbot_id, created_at);

-- Only functions read it.
alter table oneai.chatbot_identity_secrets enable row level security;
revoke all on oneai.chatbot_identity_secrets from anon, authenticated, service_role;

-- The secrets that are accepted now, newest first: [{id, digest (hexadecimal), created_at, expires_at}].
create function oneai.identity_secrets_of(p_chatbot uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'digest', encode(s.digest, 'hex'),
      'created_at', s.created_at, 'expires_at', s.expires_at) order by s.created_at desc, s.id), '[]')
    from oneai.chatbot_identity_secrets as s
    where s.chatbot_id = p_chatbot and (s.expires_at is null or s.expires_at > oneai.now()));
end
$$;
revoke execute on function oneai.identity_secrets_of from public;

-- Stores a new secret, and returns it. The one before is accepted for p_overlap more, every earlier one no longer: at most
-- two are at a time. ON404, ON403.
create function oneai.add_identity_secret(
  p_user uuid, p_chatbot uuid, p_secret uuid, p_digest bytea, p_overlap interval) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'manage', true);
begin
  delete from oneai.chatbot_identity_secrets where chatbot_id = c.id and expires_at is not null;
  update oneai.chatbot_identity_secrets set expires_at = oneai.now() + p_overlap where chatbot_id = c.id;
  insert into oneai.chatbot_identity_secrets (id, chatbot_id, digest) values (p_secret, c.id, p_digest);
  perform oneai.record_audit(
    'user', p_user::text, 'identity_secret.create', p_user, 'chatbot', c.id::text, p_workspace => c.workspace_id,
    p_detail => jsonb_build_object('secret', p_secret));
  return oneai.identity_secrets_of(c.id) -> 0;
end
$$;
revoke execute on function oneai.add_identity_secret from public;
grant execute on function oneai.add_identity_secret to oneai_app;

-- The secrets of a chatbot that are accepted now, for its admins. ON404, ON403.
create function oneai.list_identity_secrets(p_user uuid, p_chatbot uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'manage');
begin
  return oneai.identity_secrets_of(c.id);
end
$$;
revoke execute on function oneai.list_identity_secrets from public;
grant execute on function oneai.list_identity_secrets to oneai_app;

-- Removes a secret: it is no longer accepted. ON404 `chatbot_not_found`, and `not_found` for another chatbot's; ON403.
create function oneai.remove_identity_secret(p_user uuid, p_chatbot uuid, p_secret uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'manage', true);
begin
  delete from oneai.chatbot_identity_secrets where id = p_secret and chatbot_id = c.id;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  perform oneai.record_audit(
    'user', p_user::text, 'identity_secret.delete', p_user, 'chatbot', c.id::text, p_workspace => c.workspace_id,
    p_detail => jsonb_build_object('secret', p_secret));
end
$$;
revoke execute on function oneai.remove_identity_secret from public;
grant execute on function oneai.remove_identity_secret to oneai_app;
