-- Consents: which version of the terms and of the privacy notice a user agreed to and when, when it was revoked, and
-- the age that the user stated.

create table oneai.consents (
  id bigint generated always as identity primary key,
  user_id uuid not null references oneai.users (id) on delete cascade,
  kind text not null check (kind in ('terms', 'privacy', 'age')),
  -- The date of the text; for `age`, the years.
  version text not null check (version ~ '^[0-9A-Za-z.-]{1,40}$'),
  granted_at timestamptz not null default oneai.now(),
  revoked_at timestamptz check (revoked_at >= granted_at)
);
create unique index consents_in_force on oneai.consents (user_id, kind, version) where revoked_at is null;
create index consents_of_user on oneai.consents (user_id, id);

alter table oneai.consents enable row level security;
create policy "people see their consents" on oneai.consents
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.consents to oneai_service using (true) with check (true);
revoke all on oneai.consents from anon, authenticated, service_role;
grant select (id, user_id, kind, version, granted_at, revoked_at) on oneai.consents to authenticated;
grant select on oneai.consents to oneai_service;

-- Records consents, {"terms": "2026-11-23", …}; existing ones remain unchanged, and unknown keys are ignored. Completes
-- an incomplete sign-up.
create function oneai.grant_consents(p_user uuid, p_versions jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  consent record;
begin
  perform oneai.ensure_user(p_user);
  for consent in
    insert into oneai.consents (user_id, kind, version)
    select p_user, v.key, v.value
    from jsonb_each_text(case jsonb_typeof(p_versions) when 'object' then p_versions else '{}' end) as v
    where v.key in ('terms', 'privacy', 'age') and v.value ~ '^[0-9A-Za-z.-]{1,40}$'
    order by v.key
    on conflict (user_id, kind, version) where revoked_at is null do nothing
    returning kind, version
  loop
    perform oneai.record_audit('user', p_user::text, 'consent.grant', p_user, 'consent', consent.kind,
      p_detail => jsonb_build_object('version', consent.version));
  end loop;
end
$$;
revoke execute on function oneai.grant_consents from public;
grant execute on function oneai.grant_consents to oneai_app;

-- Revokes all versions of a consent that are in force.
create function oneai.revoke_consent(p_user uuid, p_kind text) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.consents set revoked_at = oneai.now()
  where user_id = p_user and kind = p_kind and revoked_at is null;
  if found then
    perform oneai.record_audit('user', p_user::text, 'consent.revoke', p_user, 'consent', p_kind);
  end if;
end
$$;
revoke execute on function oneai.revoke_consent from public;
grant execute on function oneai.revoke_consent to oneai_app;
