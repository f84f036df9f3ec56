-- Passkeys. Supabase Auth keeps and verifies them; this records that one was added or removed, and tells the user.

-- Supabase Auth sends no mail about passkeys. A stranger who adds one to an account can sign in even after the password
-- has changed, so the account's owner has to know. A passkey that is removed with its account is not mentioned.
-- Adding and removing must never fail or wait here; if the rows cannot be written, operators are alerted.
create function oneai.on_passkey() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '1s'
as $$
declare
  passkey auth.webauthn_credentials := case when tg_op = 'INSERT' then new else old end;
  event text := case when tg_op = 'INSERT' then 'added' else 'removed' end;
begin
  if tg_op = 'DELETE' and not exists (select from auth.users where id = passkey.user_id and deleted_at is null) then
    return null;
  end if;
  perform oneai.ensure_user(passkey.user_id);
  perform oneai.record_audit('user', passkey.user_id::text,
    case when tg_op = 'INSERT' then 'passkey.add' else 'passkey.remove' end,
    passkey.user_id, 'passkey', passkey.id::text);
  perform oneai.enqueue_mail(passkey.user_id, 'passkey_change', passkey.id || '/' || event,
    jsonb_build_object('event', event, 'at', oneai.now()));
  return null;
exception when others then
  begin
    perform oneai.raise_alert('audit_incomplete', 'passkey.' || event, jsonb_build_object('error', sqlerrm));
  exception when others then
    raise warning 'a passkey was not recorded: %', sqlerrm;
  end;
  return null;
end
$$;
revoke execute on function oneai.on_passkey from public;

create trigger oneai_on_passkey after insert or delete on auth.webauthn_credentials
  for each row execute function oneai.on_passkey();

-- A user's passkeys, oldest first, without their keys.
create function oneai.passkeys_to_export(p_user uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', c.id, 'name', c.friendly_name, 'created_at', c.created_at, 'last_used_at', c.last_used_at)
    order by c.created_at, c.id), '[]')
  from auth.webauthn_credentials as c where c.user_id = p_user
$$;
revoke execute on function oneai.passkeys_to_export from public;
grant execute on function oneai.passkeys_to_export to oneai_app;
