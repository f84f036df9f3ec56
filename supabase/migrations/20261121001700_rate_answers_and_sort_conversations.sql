-- What people think of answers, and the orders in which they look at their conversations.
create table oneai.message_feedback (
  message_id uuid primary key references oneai.chat_messages (id) on delete cascade,
  user_id uuid not null,
  rating smallint not null check (rating in (1, -1)),
  note text,
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now()
);
create index message_feedback_of_person on oneai.message_feedback (user_id);

alter table oneai.message_feedback enable row level security;

create policy "people see their feedback" on oneai.message_feedback
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.message_feedback to oneai_service using (true) with check (true);

revoke all on oneai.message_feedback from anon, authenticated, service_role;
grant select on oneai.message_feedback to authenticated;
grant select, insert, update, delete on oneai.message_feedback to oneai_service;

-- One list is of what is put away or of what is not, so that neither is searched for among the other.
drop index oneai.conversations_newest;
create index conversations_newest on oneai.conversations (user_id, archived, last_message_at desc, id desc)
  where not temporary;
create index conversations_by_creation on oneai.conversations (user_id, archived, created_at desc, id desc);
-- The beginning of a title, for an index takes no long ones.
create index conversations_by_title on oneai.conversations (user_id, archived, lower(left(coalesce(title, ''), 200)), id)
  where not temporary;

-- The asking person's messages with these words; whoever calls it reads them under row-level security. It takes one of
-- the person's places for a search.
create function oneai.said(p_query tsquery) returns setof uuid
language sql security definer set search_path = ''
as $$
  select oneai.take_search_place();
  select e.message_id from oneai.search_entries as e
  where e.words @@ p_query and e.user_id = (select auth.uid()) and e.message_id is not null
$$;
revoke execute on function oneai.said from public;
grant execute on function oneai.said to authenticated;
