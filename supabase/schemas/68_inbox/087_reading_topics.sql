-- What visitors ask a chatbot about, and what its answers rest on, as members read it.

-- {topics: as oneai.topics_of_chatbot, sources: [{document_id, name, answers}]} of a chatbot. p_used: {document: answers} as
-- they were counted; the documents that visitors are answered from and that no answer used have 0. `name` is null for
-- what this user may not read, or is gone. ON404, ON403.
create function oneai.read_chatbot_topics(
  p_user uuid, p_chatbot uuid, p_since timestamptz, p_until timestamptz, p_used jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_conversations_of(p_user, p_chatbot);
begin
  return jsonb_build_object('topics', oneai.topics_of_chatbot(c.id, p_since, p_until), 'sources', (
    select coalesce(jsonb_agg(to_jsonb(s) order by s.answers desc, s.name, s.document_id), '[]') from (
      select n.id as document_id, case when oneai.may_name(p_user, c.workspace_id, n.id) then d.name end as name,
        coalesce((p_used ->> n.id::text)::bigint, 0) as answers
      from (
        select k.id::uuid as id from jsonb_object_keys(p_used) as k (id)
        union
        select o.id from oneai.documents_of_chatbot(c.id, c.published_version) as o where c.published_version is not null) as n
      left join oneai.documents as d on d.id = n.id and d.workspace_id = c.workspace_id
      order by answers desc, name, document_id limit 200) as s));
end
$$;
revoke execute on function oneai.read_chatbot_topics from public;
grant execute on function oneai.read_chatbot_topics to oneai_app;
