-- What hands a conversation to people without a button: the rules of the chatbot's published configuration, in `handoff`.
-- Versions that are older than these have the defaults.

-- The rules by which visitors of the chatbot get people.
create function oneai.handoff_rules(p_chatbot uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return coalesce((
    select v.configuration -> 'handoff' from oneai.chatbots as c
    join oneai.chatbot_versions as v on v.chatbot_id = c.id and v.version = c.published_version
    where c.id = p_chatbot), '{}');
end
$$;
revoke execute on function oneai.handoff_rules from public;

-- Whether a person can be asked for at all.
create function oneai.offers_people(p_rules jsonb) returns boolean
language sql immutable
as $$ select coalesce((p_rules ->> 'enabled')::boolean, true) $$;
revoke execute on function oneai.offers_people from public;

-- When people answer again: null if they do now, or say no hours. p_rules.hours: [{days (1: Monday), starts, ends}] in the
-- time zone; hours that do not end after they start end on the next day. Looks a week ahead.
create function oneai.people_back_at(p_rules jsonb, p_zone text) returns timestamptz
language plpgsql stable security definer set search_path = ''
as $$
declare
  today constant date := (oneai.now() at time zone p_zone)::date;
  starts timestamptz;
  is_open boolean;
begin
  if jsonb_array_length(coalesce(p_rules -> 'hours', '[]')) = 0 then
    return null;
  end if;
  select bool_or(oneai.now() >= w.starts and oneai.now() < w.ends), min(w.starts) filter (where w.starts > oneai.now())
  into is_open, starts
  from generate_series(-1, 7) as ahead, jsonb_to_recordset(p_rules -> 'hours') as h (days integer[], starts time, ends time),
    lateral (
      select (today + ahead + h.starts) at time zone p_zone as starts,
        (today + ahead + (h.ends <= h.starts)::integer + h.ends) at time zone p_zone as ends
    ) as w
  where extract(isodow from today + ahead) = any (h.days);
  return case when not is_open then starts end;
end
$$;
revoke execute on function oneai.people_back_at from public;

-- Hands off where a rule says so: the answer says that a person should answer, twice in a row nothing was found, or the
-- visitor asks in a language of people.
create function oneai.hand_off_by_rule() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  rules constant jsonb := oneai.handoff_rules(new.chatbot_id);
  cause constant text := case
    when not oneai.offers_people(rules) then null
    when new.last_outcome = 'handoff' and old.last_outcome is distinct from 'handoff' then 'outcome'
    when new.unanswered >= 2 and new.unanswered > old.unanswered
      and coalesce((rules ->> 'after_two_unanswered')::boolean, true) then 'unanswered'
    when new.language is distinct from old.language and rules -> 'languages' ? split_part(new.language, '-', 1) then 'language' end;
begin
  if cause is not null then
    perform oneai.hand_off(new.conversation_id, cause);
  end if;
  return null;
end
$$;
revoke execute on function oneai.hand_off_by_rule from public;

create trigger hand_off_by_rule after update of last_outcome, unanswered, language on oneai.inbox_conversations
  for each row when (new.status = 'bot' and not new.spam
    and (new.last_outcome = 'handoff' or new.unanswered >= 2 or new.language is distinct from old.language))
  execute function oneai.hand_off_by_rule();

-- Hands off where the visitor found an answer bad and the rules say so. The conversation is locked.
create function oneai.hand_off_by_rating(p_chatbot uuid, p_conversation uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  rules constant jsonb := oneai.handoff_rules(p_chatbot);
begin
  if oneai.offers_people(rules) and (rules ->> 'after_bad_rating')::boolean then
    perform oneai.hand_off(p_conversation, 'rating');
  end if;
end
$$;
revoke execute on function oneai.hand_off_by_rating from public;

-- How long a conversation of the chatbot waits for a member: 24 hours, unless the rules say otherwise; null: without an end.
create function oneai.longest_wait(p_rules jsonb) returns interval
language sql immutable
as $$
  select case when p_rules ? 'return_after_minutes'
    then (p_rules ->> 'return_after_minutes')::integer * interval '1 minute' else interval '24 hours' end
$$;
revoke execute on function oneai.longest_wait from public;

-- Gives conversations back to their chatbots that no member has taken for as long as the rules say, at most p_most, those
-- first that wait longest; returns how many. A conversation that is in use is left for the next run.
create function oneai.return_untaken_conversations(p_most integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  setting text := set_config('oneai.handoff_cause', 'nobody', true);
  talk uuid;
  returned integer := 0;
begin
  for talk in
    select i.conversation_id from oneai.inbox_conversations as i
    where i.waiting_since < oneai.now() - oneai.longest_wait(oneai.handoff_rules(i.chatbot_id))
    order by i.waiting_since limit p_most
  loop
    perform from oneai.conversations as t where t.id = talk for update skip locked;
    if found then
      update oneai.inbox_conversations as i set status = 'bot', unanswered = 0
      where i.conversation_id = talk
        and i.waiting_since < oneai.now() - oneai.longest_wait(oneai.handoff_rules(i.chatbot_id));
      returned := returned + found::integer;
    end if;
  end loop;
  setting := set_config('oneai.handoff_cause', '', true);
  return returned;
end
$$;
revoke execute on function oneai.return_untaken_conversations from public;
grant execute on function oneai.return_untaken_conversations to oneai_app;
