-- Conversations are trees of messages. An edit adds another version of a question, a regeneration another answer to it,
-- and a comparison several answers at once; one branch is visible.

-- The position of a turn in the tree. `question` is set if the question exists already (regeneration); else it
-- becomes a child of `parent`. The originals are the first revisions of the question and of the answer.
create type oneai.turn_position as (
  question uuid,
  parent uuid,
  sequence integer,
  original_question uuid,
  original_answer uuid,
  branches boolean
);

-- Makes a message visible: it and its ancestors become chosen, and below it the choices made before apply again.
-- Clears first and sets second: a partial unique index is checked row by row.
create function oneai.show_branch(p_message uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  conversation uuid := (select conversation_id from oneai.chat_messages where id = p_message);
  path uuid[];
  first integer;
begin
  -- Up to the first visible ancestor; from there on everything is chosen.
  with recursive up as (
    select m.id, m.parent_message_id, m.sequence_number, m.is_latest from oneai.chat_messages as m where m.id = p_message
    union all
    select m.id, m.parent_message_id, m.sequence_number, m.is_latest
    from up join oneai.chat_messages as m on m.id = up.parent_message_id where not up.is_latest
  )
  select array_agg(id), min(sequence_number) into path, first from up where not is_latest;
  if path is null then
    return;
  end if;
  update oneai.chat_messages as m set is_latest = false
  where m.conversation_id = conversation and m.is_latest and m.sequence_number >= first;
  update oneai.chat_messages as m set is_chosen = false
  from oneai.chat_messages as path_message
  where path_message.id = any (path) and not path_message.is_chosen and m.is_chosen and m.conversation_id = conversation
    and m.sequence_number = path_message.sequence_number and m.role = path_message.role
    and m.parent_message_id is not distinct from path_message.parent_message_id;
  update oneai.chat_messages as m set is_chosen = true where m.id = any (path) and not m.is_chosen;
  with recursive down as (
    select p_message as id
    union all
    select child.id from down cross join lateral (
      select c.id from oneai.chat_messages as c
      where c.parent_message_id = down.id and c.is_chosen order by c.role limit 1
    ) as child
  )
  update oneai.chat_messages as m set is_latest = true
  from (select unnest(path) as id union select down.id from down) as visible
  where m.id = visible.id;
end
$$;
revoke execute on function oneai.show_branch from public;

-- The running number per conversation and sequence number; 0 for an original.
create function oneai.next_revision(p_conversation uuid, p_sequence integer) returns integer
language sql stable security definer set search_path = ''
as $$
  select coalesce(max(revision_number) + 1, 0) from oneai.chat_messages
  where conversation_id = p_conversation and sequence_number = p_sequence
$$;
revoke execute on function oneai.next_revision from public;

-- The position of a new turn in `p_conversation`. ON404 for a message of another conversation, ON422 for an answer
-- where a question is required, or the reverse.
create function oneai.resolve_branch(p_conversation uuid, p_request jsonb) returns oneai.turn_position
language plpgsql stable security definer set search_path = ''
as $$
declare
  turn_position oneai.turn_position;
  field text := case when p_request ->> 'edit_of' is not null then 'edit_of' else 'regenerate_of' end;
  branch_message oneai.chat_messages;
begin
  if p_conversation is null and p_request ->> field is null then
    turn_position.sequence := 1;
    turn_position.branches := false;
    return turn_position;
  end if;
  if p_request ->> field is null then
    select m.id, m.sequence_number + 1 into turn_position.parent, turn_position.sequence from oneai.chat_messages as m
    where m.conversation_id = p_conversation and m.is_latest order by m.sequence_number desc limit 1;
    turn_position.sequence := coalesce(turn_position.sequence, 1);
    turn_position.branches := false;
    return turn_position;
  end if;
  select * into branch_message from oneai.chat_messages as m
  where m.id = (p_request ->> field)::uuid and m.conversation_id = p_conversation;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if (branch_message.role = 'user') <> (field = 'edit_of') then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', field,
        'code', case field when 'edit_of' then 'not_a_question' else 'not_an_answer' end)))::text;
  end if;
  turn_position.branches := true;
  turn_position.parent := branch_message.parent_message_id;
  if field = 'regenerate_of' then
    turn_position.question := branch_message.parent_message_id;
    turn_position.sequence := branch_message.sequence_number - 1;
    turn_position.original_answer := coalesce(branch_message.original_message_id, branch_message.id);
  else
    turn_position.sequence := branch_message.sequence_number;
    turn_position.original_question := coalesce(branch_message.original_message_id, branch_message.id);
    select coalesce(m.original_message_id, m.id) into turn_position.original_answer from oneai.chat_messages as m
    where m.parent_message_id = branch_message.id and m.role = 'assistant' and m.is_chosen;
  end if;
  return turn_position;
end
$$;
revoke execute on function oneai.resolve_branch from public;

-- The visible branch before `p_before`, oldest first: its newest messages that fit in `p_bytes`, and at least one. The
-- usage of an adjusted answer is left out: its prompt had another answer, and it may begin with that answer's text.
-- One pass over the conversation: a join of the messages that fit would look each of them up, or read the whole index.
create function oneai.history(p_conversation uuid, p_bytes bigint, p_before integer) returns json
language plpgsql stable security definer set search_path = ''
as $$
begin
  if p_before <= 1 then
    return '[]';
  end if;
  return (select coalesce(json_agg(json_build_object(
    'role', m.role, 'content', m.content, 'state', m.state,
    'usage', case when not m.metadata ? 'adjust' then m.usage end,
    'attachments', m.metadata -> 'attachments') order by m.sequence_number), '[]')
  from (
    select l.*, sum(l.bytes) over (order by l.sequence_number desc) - l.bytes as newer_bytes
    from (
      select sequence_number, role, content, state, usage, metadata,
        octet_length(content) + coalesce(octet_length((metadata -> 'attachments')::text), 0) as bytes
      from oneai.chat_messages
      where conversation_id = p_conversation and is_latest and sequence_number < p_before
    ) as l
  ) as m
  where m.newer_bytes <= p_bytes);
end
$$;
revoke execute on function oneai.history from public;

-- The answers that were asked together with the last one of the visible branch, which is shown beside them: none once
-- their user has chosen one, or has asked on. At most three, since a question asks four models at most; imported
-- messages may say otherwise. With the rights of its caller.
create function oneai.compared_answers(p_conversation uuid) returns setof oneai.chat_messages
language sql stable set search_path = '' rows 3
as $$
  select beside.*
  from (
    select m.id, m.conversation_id, m.turn_id, m.parent_message_id, m.role from oneai.chat_messages as m
    where m.conversation_id = p_conversation and m.is_latest order by m.sequence_number desc limit 1
  ) as leaf
  join oneai.chat_messages as beside on beside.turn_id = leaf.turn_id and beside.id <> leaf.id
    and beside.conversation_id = leaf.conversation_id and beside.role = leaf.role
    and beside.parent_message_id is not distinct from leaf.parent_message_id
  where not exists (
    select from oneai.chat_messages as c
    where c.turn_id = leaf.turn_id and c.conversation_id = leaf.conversation_id and c.chosen_at is not null)
  order by beside.revision_number limit 3
$$;
revoke execute on function oneai.compared_answers from public;
grant execute on function oneai.compared_answers to authenticated, oneai_service;

-- Makes a version the visible one, with the branch below it. This ends a comparison of an answer. Choosing one of several running answers stops the others.
-- ON404, and ON403 where another user is the author or this one may only read the workspace.
create function oneai.activate(p_user uuid, p_conversation uuid, p_message uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  message_row oneai.chat_messages;
begin
  perform 1 from oneai.conversations
  where id = p_conversation and user_id = p_user and oneai.may_write(p_user, workspace_id)
    and coalesce(expires_at > oneai.now(), true) for update;
  if found then
    select * into message_row from oneai.chat_messages where id = p_message and conversation_id = p_conversation;
  end if;
  if message_row.id is null then
    perform oneai.require_author(p_user, p_conversation);
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  perform oneai.show_branch(p_message);
  update oneai.chat_messages set chosen_at = oneai.now()
  where id = p_message and role = 'assistant' and chosen_at is null;
  update oneai.chat_messages set stop_requested_at = oneai.now()
  where turn_id = message_row.turn_id and id <> p_message and state = 'streaming' and stop_requested_at is null;
  update oneai.conversations set updated_at = oneai.now() where id = p_conversation;
end
$$;
revoke execute on function oneai.activate from public;
grant execute on function oneai.activate to oneai_app;

-- The user's correction of an answer: a sibling of revision type user_edit, which becomes the visible one. It has what
-- belongs to the answer, such as its sources, and nothing that describes the model's own text. `expired`:
-- the conversation's last answer had expired and was settled. ON404, ON409 while an answer is running, ON422 for a
-- question.
create function oneai.correct_answer(
  p_user uuid, p_conversation uuid, p_message uuid, p_content text, out new_message uuid, out expired boolean)
language plpgsql security definer set search_path = ''
as $$
declare
  target record;
  answer oneai.chat_messages;
begin
  perform oneai.require_author(p_user, p_conversation);
  -- The workspace is locked first, as everywhere an answer may be settled.
  perform 1 from oneai.workspaces where id = (
    select c.workspace_id from oneai.conversations as c where c.id = p_conversation and c.user_id = p_user)
  for no key update;
  target := oneai.find_conversation(p_user, jsonb_build_object('conversation_id', p_conversation));
  select * into answer from oneai.chat_messages where id = p_message and conversation_id = p_conversation;
  if answer.id is null then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if answer.role = 'user' then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'mid', 'code', 'not_an_answer')))::text;
  end if;
  insert into oneai.chat_messages (
    conversation_id, user_id, workspace_id, visibility, role, content, model_id, model_served, provider, metadata,
    sequence_number,
    revision_number, parent_message_id, original_message_id, revision_type, is_chosen, is_latest, ended_at)
  values (
    p_conversation, p_user, answer.workspace_id, answer.visibility, answer.role, p_content, answer.model_id, answer.model_served, answer.provider,
    answer.metadata - array['refusal', 'logprobs', 'reasoning_details'], answer.sequence_number, oneai.next_revision(p_conversation, answer.sequence_number),
    answer.parent_message_id, coalesce(answer.original_message_id, answer.id), 'user_edit', false, false, oneai.now())
  returning id into new_message;
  perform oneai.show_branch(new_message);
  update oneai.conversations set updated_at = oneai.now() where id = p_conversation;
  expired := target.expired;
end
$$;
revoke execute on function oneai.correct_answer from public;
grant execute on function oneai.correct_answer to oneai_app;
