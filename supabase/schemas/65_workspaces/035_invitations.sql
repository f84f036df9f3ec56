-- Invitations to a team: open until they are accepted, revoked or expire.

create table oneai.invitations (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  -- Who invited.
  user_id uuid not null references oneai.users (id) on delete cascade,
  -- As Supabase Auth stores addresses: in small letters.
  email text not null check (email = lower(email) and octet_length(email) <= 320),
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  -- What the team says to those who join by it, as it was at the newest mail (oneai.workspaces.members_may_download).
  may_download boolean not null default true,
  -- SHA-256 of the token in the newest mail; the token itself is made when the mail is sent, and is not stored. Null
  -- before the first mail.
  token_hash bytea unique check (octet_length(token_hash) = 32),
  created_at timestamptz not null default oneai.now(),
  expires_at timestamptz not null,
  -- The number of mails, which names them in the outbox.
  mails integer not null default 1,
  revoked_at timestamptz,
  accepted_at timestamptz,
  accepted_by uuid references oneai.users (id) on delete cascade,
  check ((accepted_at is null) = (accepted_by is null))
);
-- One that is open for an address of a workspace; a new one revokes the one before, also an expired one.
create unique index invitations_open on oneai.invitations (workspace_id, email)
  where revoked_at is null and accepted_at is null;
create index invitations_newest on oneai.invitations (workspace_id, created_at desc, id desc);
create index invitations_to on oneai.invitations (email);
create index invitations_of_user on oneai.invitations (user_id);
create index invitations_accepted on oneai.invitations (accepted_by) where accepted_by is not null;
create index invitations_ended on oneai.invitations (expires_at);

alter table oneai.invitations enable row level security;
create policy "service" on oneai.invitations to oneai_service using (true) with check (true);
revoke all on oneai.invitations from anon, authenticated, service_role;
grant select, update, delete on oneai.invitations to oneai_service;

create function oneai.invitation_state(i oneai.invitations) returns text
language sql stable
as $$
  select case when i.accepted_at is not null then 'accepted' when i.revoked_at is not null then 'revoked'
    when i.expires_at <= oneai.now() then 'expired' else 'open' end
$$;
revoke execute on function oneai.invitation_state from public;
grant execute on function oneai.invitation_state to oneai_service;
