-- An answer may be given again as a change of itself: continued, shorter, longer, simpler or translated.

-- The answer that p_request adjusts, after its question (p_question): {content, pages (the sources that are pages of the
-- web, null: none)}; null without `adjust`. ON422 where it has no text, or is too long together with the question.
create function oneai.adjusted_answer(p_request jsonb, p_terms oneai.tier_terms, p_question uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  answer oneai.chat_messages;
  refusal text;
begin
  if p_request -> 'adjust' is null then
    return null;
  end if;
  select * into answer from oneai.chat_messages as m where m.id = (p_request ->> 'regenerate_of')::uuid;
  refusal := case
    when answer.content !~ '\S' then 'no_text'
    when length(answer.content) + coalesce((select length(q.content) from oneai.chat_messages as q where q.id = p_question), 0)
      > (p_terms ->> 'message_characters')::bigint then 'too_long' end;
  if refusal is not null then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'regenerate_of', 'code', refusal)))::text;
  end if;
  return jsonb_build_object('content', answer.content,
    'pages', nullif(jsonb_path_query_array(answer.metadata, '$.sources[*] ? (exists (@.url))'), '[]'));
end
$$;
revoke execute on function oneai.adjusted_answer from public;

-- The request of an adjusted answer (oneai.adjusted_answer): its prompt has that answer too, as a message.
create function oneai.add_adjusted_answer(p_request jsonb, p_adjusted jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  return case when p_adjusted is null then p_request else p_request || jsonb_build_object(
    'prompt_bytes_extra', coalesce((p_request ->> 'prompt_bytes_extra')::bigint, 0)
      + oneai.serialised_bytes(p_adjusted ->> 'content')) end;
end
$$;
revoke execute on function oneai.add_adjusted_answer from public;

-- The metadata of a new answer: how it is made of the answer that it adjusts, and the pages that this one cites. Its text
-- begins with the first `continued_from` code points of that answer where it continues it.
create function oneai.adjusted_metadata(p_request jsonb, p_adjusted jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  return case when p_adjusted is null then '{}' else jsonb_strip_nulls(jsonb_build_object(
    'adjust', p_request -> 'adjust' || case p_request #>> '{adjust,kind}'
      when 'continue' then jsonb_build_object('continued_from', length(p_adjusted ->> 'content')) else '{}' end,
    'sources', nullif(p_adjusted -> 'pages', 'null'))) end;
end
$$;
revoke execute on function oneai.adjusted_metadata from public;
