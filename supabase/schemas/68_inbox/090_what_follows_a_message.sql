-- What a visitor's message, answer and charge change in the inbox and in the figures. Each event has one trigger for all
-- of it: a trigger costs every message some of its time, also those of users, whom none of this is about.

create function oneai.on_visitors_message() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- First: it sets the status that the others read.
  perform oneai.count_message_in_inbox(new);
  perform oneai.count_visitor_message(new);
  if new.role = 'user' then
    perform oneai.note_arrived_message(new);
  end if;
  if new.state = 'complete' then
    perform oneai.index_message_for_inbox(new);
  end if;
  if new.role = 'assistant' and new.metadata ->> 'outcome' is not null then
    perform oneai.note_question(new);
  end if;
  return null;
end
$$;
revoke execute on function oneai.on_visitors_message from public;

create trigger on_visitors_message after insert on oneai.chat_messages
  for each row when (new.visitor_id is not null) execute function oneai.on_visitors_message();

create function oneai.on_visitors_message_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if new.metadata is distinct from old.metadata then
    perform oneai.count_outcome(old, new);
    if new.metadata ->> 'rating' is distinct from old.metadata ->> 'rating' then
      perform oneai.count_rating_in_inbox(old, new);
    end if;
    if new.metadata ->> 'outcome' is distinct from old.metadata ->> 'outcome' then
      perform oneai.follow_outcome_in_inbox(new);
    end if;
    if new.role = 'assistant' and new.metadata ->> 'outcome' is not null then
      perform oneai.note_question(new);
    end if;
  end if;
  if new.state <> 'streaming' and (old.state = 'streaming' or old.content <> new.content) then
    perform oneai.index_for_inbox(array[new.id, new.parent_message_id]);
  end if;
  return null;
end
$$;
revoke execute on function oneai.on_visitors_message_change from public;

create trigger on_visitors_message_change after update of content, state, metadata on oneai.chat_messages
  for each row when (new.visitor_id is not null) execute function oneai.on_visitors_message_change();

create function oneai.on_visitors_charge() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.count_visitor_usage(new);
  if new.purpose in ('answer', 'correction') then
    perform oneai.add_charge_to_inbox(new);
  end if;
  return null;
end
$$;
revoke execute on function oneai.on_visitors_charge from public;

create trigger on_visitors_charge after insert on oneai.usage_events
  for each row when (new.chatbot_id is not null and new.user_id is null) execute function oneai.on_visitors_charge();
