-- Profile pictures: small JPEG files, checked and without metadata (oneai/accounts/picture_file.py).

create table oneai.profile_pictures (
  user_id uuid primary key references oneai.users (id) on delete cascade,
  content bytea not null check (octet_length(content) between 1 and 100000),
  updated_at timestamptz not null default oneai.now()
);

alter table oneai.profile_pictures enable row level security;
create policy "people see their picture" on oneai.profile_pictures
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "people add their picture" on oneai.profile_pictures
  for insert to authenticated with check ((select auth.uid()) = user_id);
create policy "people change their picture" on oneai.profile_pictures
  for update to authenticated using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create policy "people remove their picture" on oneai.profile_pictures
  for delete to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.profile_pictures to oneai_service using (true) with check (true);
revoke all on oneai.profile_pictures from anon, authenticated, service_role;
grant select, insert, update, delete on oneai.profile_pictures to authenticated;
grant select on oneai.profile_pictures to oneai_service;
