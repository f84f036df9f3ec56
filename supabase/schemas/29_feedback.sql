-- Users' ratings of answers.

create table oneai.message_feedback (
  message_id uuid primary key references oneai.chat_messages (id) on delete cascade,
  user_id uuid not null,
  rating smallint not null check (rating in (1, -1)),
  note text,
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now()
);
create index message_feedback_of_user on oneai.message_feedback (user_id);

alter table oneai.message_feedback enable row level security;
create policy "people see their feedback" on oneai.message_feedback
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.message_feedback to oneai_service using (true) with check (true);
revoke all on oneai.message_feedback from anon, authenticated, service_role;
grant select on oneai.message_feedback to authenticated;
grant select, insert, update, delete on oneai.message_feedback to oneai_service;
