-- Copies of documents with their texts and vectors. Their files are copied in the storage before.

-- Copies the documents that are keys of p_names into the workspace, under the ids that are its values; returns their
-- bytes. The user is the author of the copies. With p_conversation they are attached to it; else each is as visible as its
-- document, in the collection that p_names has for that of the document, or in none. Those that were not read to the end
-- are left out, and no page is counted again.
create function oneai.copy_documents(p_user uuid, p_workspace uuid, p_conversation uuid, p_names jsonb) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  sources constant uuid[] := array(
    select d.id from oneai.documents as d
    where d.id in (select n.id::uuid from jsonb_object_keys(p_names) as n (id)) and d.status in ('embedding', 'ready'));
  bytes bigint;
begin
  with written as (
    insert into oneai.documents (
      id, workspace_id, user_id, visibility, attached, conversation_id, collection_id, name, media_type, size, description,
      tags, status, progress, problem, pages, pages_without_text, chunks, upload_expires_at, arrived_at, ready_at, characters,
      counted_pages, pages_with_text, pages_read, picture_pages, text_bytes, text_share, words_only)
    select (p_names ->> s.id::text)::uuid, p_workspace, p_user,
      case when p_conversation is null then s.visibility else 'private' end, p_conversation is not null, p_conversation,
      (p_names ->> s.collection_id::text)::uuid, s.name, s.media_type, s.size, s.description, s.tags, s.status, s.progress,
      s.problem, s.pages, s.pages_without_text, s.chunks, oneai.now(), s.arrived_at, s.ready_at, s.characters,
      s.counted_pages, s.pages_with_text, s.pages_read, s.picture_pages, s.text_bytes, s.text_share, s.words_only
    from oneai.documents as s where s.id = any (sources)
    returning size + text_bytes as taken
  )
  select coalesce(sum(w.taken), 0) into bytes from written as w;
  insert into oneai.document_chunks (document_id, ordinal, workspace_id, page, heading, content, tokens, words)
  select (p_names ->> c.document_id::text)::uuid, c.ordinal, p_workspace, c.page, c.heading, c.content, c.tokens,
    case when c.workspace_id = p_workspace then c.words else oneai.with_search_key(c.words, p_workspace) end
  from oneai.document_chunks as c where c.document_id = any (sources);
  insert into oneai.document_vectors (document_id, ordinal, workspace_id, embedding_1, embedding_2)
  select (p_names ->> v.document_id::text)::uuid, v.ordinal, p_workspace, v.embedding_1, v.embedding_2
  from oneai.document_vectors as v where v.document_id = any (sources);
  return bytes;
end
$$;
revoke execute on function oneai.copy_documents from public;
