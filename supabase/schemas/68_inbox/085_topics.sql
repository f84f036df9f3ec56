-- What visitors ask about: questions grouped by meaning. A job puts each question into the nearest topic of its chatbot, or
-- into a new one.
--
-- A question has the vector that finding passages has paid for. Where none was needed, the job makes one of its words
-- (oneai/chatbots/topics.py), which costs nothing. Vectors of different models are never compared.

create table oneai.chatbot_topics (
  id uuid primary key default gen_random_uuid(),
  chatbot_id uuid not null references oneai.chatbots (id) on delete cascade,
  workspace_id uuid not null,
  -- The embedding model, or `words`.
  model text not null,
  -- The sum of the vectors of its questions: its direction is their middle. No question can be read from it once there
  -- are several, and topics of fewer than five visitors are never shown.
  total extensions.vector(1024) storage plain not null,
  questions integer not null default 1,
  last_asked_at timestamptz not null,
  -- The question that names it, which visitors can be shown by; null: none can.
  named_by uuid,
  -- How many questions it had when that was chosen.
  named_of integer not null default 0
);
create index chatbot_topics_of_chatbot on oneai.chatbot_topics (chatbot_id, model);
create index chatbot_topics_of_workspace on oneai.chatbot_topics (workspace_id);

-- Questions of visitors, each by its answer, whose visitor takes them along when they are forgotten.
create table oneai.chatbot_questions (
  message_id uuid primary key references oneai.chat_messages (id) on delete cascade,
  -- No foreign key: the answer's conversation goes with its chatbot.
  chatbot_id uuid not null,
  visitor_id uuid not null,
  asked_at timestamptz not null,
  -- The answer's verdict; null while it is written.
  outcome text,
  model text,
  embedding extensions.halfvec(1024),
  topic_id uuid references oneai.chatbot_topics (id) on delete set null,
  grouped boolean not null default false
);
create index chatbot_questions_asked on oneai.chatbot_questions (chatbot_id, asked_at);
create index chatbot_questions_of_topic on oneai.chatbot_questions (topic_id, asked_at) where topic_id is not null;
create index chatbot_questions_to_group on oneai.chatbot_questions (asked_at) where not grouped and outcome is not null;

-- Only functions read them; those for members refuse viewers.
alter table oneai.chatbot_topics enable row level security;
alter table oneai.chatbot_questions enable row level security;
revoke all on oneai.chatbot_topics, oneai.chatbot_questions from anon, authenticated, service_role;

-- Keeps the vector of the question that this answer is for, if a visitor asked it. Nothing, if it is forgotten already.
create function oneai.keep_question_vector(p_answer uuid, p_chatbot uuid, p_model text, p_vector text) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.chatbot_questions as q (message_id, chatbot_id, visitor_id, asked_at, model, embedding)
  select m.id, p_chatbot, m.visitor_id, m.created_at, p_model, p_vector::extensions.halfvec
  from oneai.chat_messages as m where m.id = p_answer and m.visitor_id is not null for key share of m
  on conflict (message_id) do update set model = excluded.model, embedding = excluded.embedding
$$;
revoke execute on function oneai.keep_question_vector from public;

-- A question whose answer has a verdict waits to be grouped.
create function oneai.note_question(answer oneai.chat_messages) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.chatbot_questions as q (message_id, chatbot_id, visitor_id, asked_at, outcome)
  select answer.id, t.chatbot_id, answer.visitor_id, answer.created_at, answer.metadata ->> 'outcome'
  from oneai.conversations as t where t.id = answer.conversation_id
  on conflict (message_id) do update set outcome = excluded.outcome
$$;
revoke execute on function oneai.note_question from public;

-- Whether the team may read a question as an example of others: a short one without what looks like an address, a link or
-- a number of five digits and more.
create function oneai.is_example(p_question text) returns boolean
language sql immutable set search_path = ''
as $$
  select char_length(p_question) between 3 and 200 and p_question !~* '@|://|www\.|[[:alnum:]]\.[a-z]{2,}(/|$|\s)'
    and regexp_replace(p_question, '[\s().+-]', '', 'g') !~ '[0-9०-९]{5}'
$$;
revoke execute on function oneai.is_example from public;

-- Questions that wait to be grouped, the oldest first: those without a vector with their text.
create function oneai.questions_to_group(p_limit integer) returns table (message_id uuid, content text)
language sql stable security definer set search_path = '' rows 500
as $$
  select q.message_id, case when q.embedding is null then w.content end
  from oneai.chatbot_questions as q
  join oneai.chat_messages as m on m.id = q.message_id
  left join oneai.chat_messages as w on w.id = m.parent_message_id
  where not q.grouped and q.outcome is not null order by q.asked_at, q.message_id limit p_limit
$$;
revoke execute on function oneai.questions_to_group from public;
grant execute on function oneai.questions_to_group to oneai_service;

-- How many topics a chatbot has at most, and how far a question may be from the middle of its topic.
create function oneai.max_topics() returns integer
language sql immutable
as $$ select 300 $$;
revoke execute on function oneai.max_topics from public;

create function oneai.topic_width(p_model text) returns double precision
language sql immutable
as $$ select case p_model when 'words' then 0.55 else 0.3 end $$;
revoke execute on function oneai.topic_width from public;

-- Puts a question into the nearest topic of its chatbot and model, or into a new one, and returns it. Where a chatbot has too many,
-- the one with the fewest questions, and of these the oldest, makes room.
create function oneai.topic_of_question(q oneai.chatbot_questions) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  v constant extensions.vector := q.embedding::extensions.vector;
  nearest record;
  workspace constant uuid := (select c.workspace_id from oneai.chatbots as c where c.id = q.chatbot_id);
  made uuid;
begin
  select t.id, case when t.model = q.model then t.total operator(extensions.<=>) v end as distance, count(*) over () as topics
  into nearest from oneai.chatbot_topics as t where t.chatbot_id = q.chatbot_id order by 2 nulls last limit 1;
  if nearest.distance <= oneai.topic_width(q.model) then
    update oneai.chatbot_topics as t set total = t.total operator(extensions.+) v, questions = t.questions + 1,
      last_asked_at = greatest(t.last_asked_at, q.asked_at)
    where t.id = nearest.id;
    return nearest.id;
  end if;
  if nearest.topics >= oneai.max_topics() then
    delete from oneai.chatbot_topics as t where t.id = (
      select o.id from oneai.chatbot_topics as o where o.chatbot_id = q.chatbot_id
      order by o.questions, o.last_asked_at limit 1);
  end if;
  insert into oneai.chatbot_topics (chatbot_id, workspace_id, model, total, last_asked_at)
  values (q.chatbot_id, workspace, q.model, v, q.asked_at) returning id into made;
  return made;
end
$$;
revoke execute on function oneai.topic_of_question from public;

-- Groups these questions, p_vectors those made of words for the ones that have none (null: it has one, or no words). Each
-- is grouped once. Topics that grew by a fifth since they were named, or whose naming question is gone, are named by their
-- most central question that may be an example: naming them for each question would take most of the time. Returns how
-- many were grouped. One run at a time: another one groups nothing.
--
-- Each question changes a topic, and bitmap scans read its earlier versions until they are vacuumed. An index scan notes
-- which are dead, and skips them from then on.
create function oneai.group_questions(p_messages uuid[], p_vectors text[]) returns integer
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  given record;
  q oneai.chatbot_questions;
  topic uuid;
  touched uuid[] := '{}';
  total integer := 0;
begin
  if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('chatbot topics', 0)) then
    return 0;
  end if;
  perform 1 from oneai.chatbots as c
  where c.id in (select n.chatbot_id from oneai.chatbot_questions as n where n.message_id = any (p_messages))
  order by c.id for key share;
  for given in
    select g.message, g.vector from unnest(p_messages, p_vectors) with ordinality as g (message, vector, place) order by g.place
  loop
    select * into q from oneai.chatbot_questions as n where n.message_id = given.message and not n.grouped for update;
    continue when not found;
    if q.embedding is null and given.vector is not null then
      q.model := 'words';
      q.embedding := given.vector::extensions.halfvec;
    end if;
    topic := case when q.embedding is not null then oneai.topic_of_question(q) end;
    update oneai.chatbot_questions set grouped = true, model = q.model, embedding = q.embedding, topic_id = topic
    where message_id = q.message_id;
    touched := touched || topic;
    total := total + 1;
  end loop;
  update oneai.chatbot_topics as t set named_of = t.questions, named_by = (
    select n.message_id from (
      select r.message_id, r.embedding from oneai.chatbot_questions as r
      where r.topic_id = t.id order by r.asked_at desc limit 200) as n
    join oneai.chat_messages as m on m.id = n.message_id
    join oneai.chat_messages as w on w.id = m.parent_message_id
    where oneai.is_example(w.content)
    order by n.embedding::extensions.vector operator(extensions.<=>) t.total, n.message_id limit 1)
  where t.id = any (touched) and (t.questions * 5 > t.named_of * 6 or t.named_by is not null and not exists (
    select from oneai.chatbot_questions as n where n.message_id = t.named_by and n.topic_id = t.id));
  return total;
end
$$;
revoke execute on function oneai.group_questions from public;
grant execute on function oneai.group_questions to oneai_app;

-- What visitors asked the chatbot about in this time, by topics of at least five visitors: the 30 with most questions, and
-- the 30 with most questions that had no answer, [{id, name, questions, visitors, answered, not_found, examples}], the
-- former first. Topics without a question that may be an example are left out.
create function oneai.topics_of_chatbot(p_chatbot uuid, p_since timestamptz, p_until timestamptz) returns jsonb
language sql stable security definer set search_path = ''
as $$
  with counted as materialized (
    select q.topic_id, count(*) as questions, count(distinct q.visitor_id) as visitors,
      count(*) filter (where q.outcome = 'answered') as answered, count(*) filter (where q.outcome = 'not_found') as not_found
    from oneai.chatbot_questions as q
    where q.chatbot_id = p_chatbot and q.asked_at >= p_since and q.asked_at < p_until and q.topic_id is not null
    group by q.topic_id having count(distinct q.visitor_id) >= 5
  ), shown as (
    (select * from counted order by questions desc, topic_id limit 30)
    union
    (select * from counted where questions > answered order by questions - answered desc, topic_id limit 30)
  ), named as (
    select s.*, (
      select btrim(w.content) from oneai.chat_messages as m join oneai.chat_messages as w on w.id = m.parent_message_id
      where m.id = t.named_by) as name, array(
        select x.content from (
          select distinct on (lower(btrim(w.content))) btrim(w.content) as content, q.asked_at
          from (
            select n.message_id, n.asked_at from oneai.chatbot_questions as n
            where n.topic_id = s.topic_id and n.asked_at >= p_since and n.asked_at < p_until
            order by n.asked_at desc limit 100) as q
          join oneai.chat_messages as m on m.id = q.message_id
          join oneai.chat_messages as w on w.id = m.parent_message_id
          where oneai.is_example(w.content) order by lower(btrim(w.content)), q.asked_at desc) as x
        order by x.asked_at desc limit 5) as examples
    from shown as s join oneai.chatbot_topics as t on t.id = s.topic_id
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', n.topic_id, 'name', coalesce(n.name, n.examples[1]),
    'questions', n.questions, 'visitors', n.visitors, 'answered', n.answered, 'not_found', n.not_found,
    'examples', to_jsonb(n.examples)) order by n.questions desc, n.topic_id), '[]')
  from named as n where coalesce(n.name, n.examples[1]) is not null
$$;
revoke execute on function oneai.topics_of_chatbot from public;
