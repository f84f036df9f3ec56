-- Answers whose words, and those of their questions and of the first title of their conversation, are not indexed yet.
-- Thus no question waits for the index: a search indexes its user's newest answers, and a job indexes the rest every
-- minute.

-- No foreign key to the answer, so that deleting messages does not read this table; deleted answers are skipped.
create table oneai.search_queue (
  user_id uuid not null references oneai.users (id) on delete cascade,
  message_id uuid not null,
  queued_at timestamptz not null default oneai.now()
);
create index search_queue_of_user on oneai.search_queue (user_id);

alter table oneai.search_queue enable row level security;
revoke all on oneai.search_queue from anon, authenticated, service_role;

-- Indexes these answers of stored conversations, and their questions and titles if they are not indexed yet. The caller has locked
-- their users, so that none is deleted meanwhile; a text that another transaction is changing or deleting remains in
-- the queue. Of a running answer only the question is indexed, and the process that generates it does not wait.
create function oneai.index_answers(p_answers uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  due uuid[];
  locked uuid[];
begin
  due := array(
    select unnest(p_answers)
    union
    select a.parent_message_id from oneai.chat_messages as a
    where a.id = any (p_answers) and not exists (
      select from oneai.search_entries as e
      where e.conversation_id = a.conversation_id and e.message_id = a.parent_message_id));
  locked := array(
    select m.id from oneai.chat_messages as m join oneai.conversations as c on c.id = m.conversation_id
    where m.id = any (due) and m.state <> 'streaming' and not c.temporary for key share of m skip locked);
  -- In a fixed order: two calls that index the same texts concurrently wait for each other and do not deadlock.
  perform oneai.index_text(
    m.workspace_id, m.user_id, m.conversation_id, m.id, m.content, m.role, array[m.model_id, m.model_served], m.created_at)
  from oneai.chat_messages as m where m.id = any (locked) order by m.id;
  perform oneai.index_text(m.workspace_id, m.user_id, m.conversation_id, m.id, m.reasoning, m.role,
    array[m.model_id, m.model_served], m.created_at, true)
  from oneai.chat_messages as m where m.id = any (locked) and m.reasoning is not null order by m.id;
  -- A title that its user changes meanwhile is indexed by that change, which this does not replace.
  perform oneai.index_text(
    c.workspace_id, c.user_id, c.id, null, c.title, null, array[c.model], c.created_at, p_keeps => true)
  from oneai.conversations as c
  where c.title <> '' and c.id in (select m.conversation_id from oneai.chat_messages as m where m.id = any (locked))
    and not exists (select from oneai.search_entries as e where e.conversation_id = c.id and e.message_id is null)
  order by c.id;
  insert into oneai.search_queue (user_id, message_id)
  select a.user_id, a.id from oneai.chat_messages as a join oneai.conversations as c on c.id = a.conversation_id
  where a.id = any (p_answers) and not c.temporary
    and (a.id <> all (locked) and a.state <> 'streaming'
      or a.parent_message_id = any (due) and a.parent_message_id <> all (locked));
end
$$;
revoke execute on function oneai.index_answers from public;

-- Indexes at most p_limit answers of the queue that no other transaction is indexing; returns their number.
create function oneai.index_queued_answers(p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  answers uuid[];
begin
  with due as (
    select q.ctid from oneai.search_queue as q join oneai.users as u on u.id = q.user_id
    order by q.queued_at limit p_limit for update of q skip locked for key share of u skip locked
  ), taken as (
    delete from oneai.search_queue as q where q.ctid = any (array(select d.ctid from due as d)) returning q.message_id
  )
  select array_agg(t.message_id) into answers from taken as t;
  if answers is not null then
    perform oneai.index_answers(answers);
  end if;
  return coalesce(cardinality(answers), 0);
end
$$;
revoke execute on function oneai.index_queued_answers from public;
grant execute on function oneai.index_queued_answers to oneai_app;

-- Indexes the current user's questions and answers so far, including the questions of running answers.
create function oneai.index_own_answers() returns void
language plpgsql security definer set search_path = ''
as $$
declare
  owner constant uuid := (select auth.uid());
  answers uuid[];
begin
  perform 1 from oneai.users where id = owner for key share;
  with taken as (
    delete from oneai.search_queue as q where q.user_id = owner returning q.message_id
  )
  select array_agg(t.message_id) into answers from (
    select t.message_id from taken as t
    union all
    select r.id from oneai.reservations as r where r.user_id = owner and r.settled_at is null
  ) as t;
  if answers is not null then
    perform oneai.index_answers(answers);
  end if;
end
$$;
revoke execute on function oneai.index_own_answers from public;
grant execute on function oneai.index_own_answers to authenticated;
