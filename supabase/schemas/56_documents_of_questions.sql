-- The documents a question is asked about. Its metadata has them as it names them, `documents` and `collections`, and a
-- question that names none takes those of the question it follows or is an edit of.

-- What p_request asks about, as the question's metadata has it, or null. p_question: the question of an answer that is
-- given anew; p_parent: the answer that a new question follows. What is inherited and gone by now is left out.
-- ON404 where a document or a collection that is named is not the user's, ON409 where a document cannot be read yet.
create function oneai.documents_of_question(p_user uuid, p_request jsonb, p_question uuid, p_parent uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  named constant boolean := jsonb_typeof(p_request -> 'documents') = 'array'
    or jsonb_typeof(p_request -> 'collections') = 'array';
  question uuid := coalesce(p_question, (p_request ->> 'edit_of')::uuid);
  asked jsonb;
  documents jsonb;
  collections jsonb;
begin
  if named then
    asked := p_request;
    perform oneai.require_documents(p_user, oneai.uuids_of(asked -> 'documents'), oneai.uuids_of(asked -> 'collections'));
  else
    if question is null then
      question := (
        select case m.role when 'user' then m.id else m.parent_message_id end from oneai.chat_messages as m
        where m.id = p_parent and m.user_id = p_user);
    end if;
    asked := (
      select m.metadata from oneai.chat_messages as m
      where m.id = question and m.user_id = p_user and m.metadata ?| array['documents', 'collections']);
    if asked is null then
      return null;
    end if;
  end if;
  documents := (
    select jsonb_agg(d.id order by d.id) from oneai.documents as d
    where d.id = any (oneai.uuids_of(asked -> 'documents')) and d.owner_id = p_user);
  collections := (
    select jsonb_agg(c.id order by c.id) from oneai.collections as c
    where c.id = any (oneai.uuids_of(asked -> 'collections')) and c.owner_id = p_user);
  return nullif(jsonb_strip_nulls(jsonb_build_object('documents', documents, 'collections', collections)), '{}');
end
$$;
revoke execute on function oneai.documents_of_question from public;

-- ON404 unless all of them are the user's, ON409 for the first document that cannot be read yet.
create function oneai.require_documents(p_user uuid, p_documents uuid[], p_collections uuid[]) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  unready record;
begin
  if exists (
      select from unnest(p_documents) as a (id) left join oneai.documents as d on d.id = a.id and d.owner_id = p_user
      where d.id is null)
    or exists (
      select from unnest(p_collections) as a (id) left join oneai.collections as c on c.id = a.id and c.owner_id = p_user
      where c.id is null)
  then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  select d.id, d.status into unready from oneai.documents as d
  where d.id = any (p_documents) and d.status not in ('embedding', 'ready') order by d.id limit 1;
  if found then
    raise exception using errcode = 'ON409', message = 'document_not_ready', detail = jsonb_build_object(
      'document_id', unready.id, 'status', unready.status, 'retry_after', 5)::text;
  end if;
end
$$;
revoke execute on function oneai.require_documents from public;

-- The ids in a JSON array; none of anything else, as an import may have brought it.
create function oneai.uuids_of(p_ids jsonb) returns uuid[]
language sql immutable set search_path = ''
as $$
  select coalesce(array_agg(distinct each::uuid), '{}') from jsonb_array_elements_text(
    case jsonb_typeof(p_ids) when 'array' then p_ids else '[]' end) as each
  where each ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
$$;
revoke execute on function oneai.uuids_of from public;
