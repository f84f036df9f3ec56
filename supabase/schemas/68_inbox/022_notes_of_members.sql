-- Notes that members write beside a visitor's conversation. They are no messages, so that nothing that a visitor reads can
-- contain one.

create table oneai.inbox_notes (
  id uuid primary key default gen_random_uuid(),
  conversation_id uuid not null references oneai.inbox_conversations (conversation_id) on delete cascade,
  -- Who wrote it; null once that user is deleted.
  user_id uuid references oneai.users (id) on delete set null,
  content text not null check (content <> '' and octet_length(content) <= 16000),
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now()
);
create index inbox_notes_of_conversation on oneai.inbox_notes (conversation_id, created_at, id);
create index inbox_notes_of_user on oneai.inbox_notes (user_id);

-- Only functions read it.
alter table oneai.inbox_notes enable row level security;
revoke all on oneai.inbox_notes from anon, authenticated, service_role;

-- How a user is named to other members of their team; null: no one.
create function oneai.inbox_member(p_user uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select jsonb_build_object('user_id', u.id, 'name', coalesce(nullif(u.name, ''), split_part(u.email, '@', 1)))
    from oneai.users as u where u.id = p_user);
end
$$;
revoke execute on function oneai.inbox_member from public;

-- A note for the team; `author` null: a user who was deleted.
create function oneai.note_json(n oneai.inbox_notes) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return jsonb_build_object('id', n.id, 'author', oneai.inbox_member(n.user_id), 'content', n.content,
    'created_at', n.created_at, 'updated_at', n.updated_at);
end
$$;
revoke execute on function oneai.note_json from public;

-- Adds a note, at most two hundred to a conversation. ON404, ON403; ON422 for one more.
create function oneai.add_note(p_user uuid, p_conversation uuid, p_content text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  i constant oneai.inbox_conversations := oneai.require_inbox_row(p_user, p_conversation, true);
  added oneai.inbox_notes;
begin
  if (select count(*) from oneai.inbox_notes as n where n.conversation_id = p_conversation) >= 200 then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'notes', 'code', 'too_many')))::text;
  end if;
  insert into oneai.inbox_notes (conversation_id, user_id, content) values (i.conversation_id, p_user, p_content)
  returning * into added;
  return oneai.note_json(added);
end
$$;
revoke execute on function oneai.add_note from public;
grant execute on function oneai.add_note to oneai_app;

-- Changes a note, or deletes it with p_content null: returns it, or null. Its author may, and those who manage the workspace.
-- ON404, ON403.
create function oneai.change_note(p_user uuid, p_conversation uuid, p_note uuid, p_content text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  i constant oneai.inbox_conversations := oneai.require_inbox_row(p_user, p_conversation, true);
  note oneai.inbox_notes;
begin
  select * into note from oneai.inbox_notes as n where n.id = p_note and n.conversation_id = i.conversation_id for update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if note.user_id is distinct from p_user then
    perform oneai.require_right(p_user, i.workspace_id, 'manage');
  end if;
  if p_content is null then
    delete from oneai.inbox_notes where id = p_note;
    return null;
  end if;
  update oneai.inbox_notes set content = p_content, updated_at = oneai.now() where id = p_note returning * into note;
  return oneai.note_json(note);
end
$$;
revoke execute on function oneai.change_note from public;
grant execute on function oneai.change_note to oneai_app;
