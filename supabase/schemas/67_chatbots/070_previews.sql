-- Previews: a member asks a chatbot as a visitor would, usually its draft.

-- The configuration of a version (null: the draft) for a member who may edit the chatbot: {version, configuration}. ON404
-- `chatbot_not_found`, also for a version that there is not; ON403.
create function oneai.chatbot_to_preview(p_user uuid, p_chatbot uuid, p_version integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write');
  configuration jsonb := c.draft;
begin
  if p_version is not null then
    select v.configuration into configuration from oneai.chatbot_versions as v
    where v.chatbot_id = c.id and v.version = p_version;
    if not found then
      raise exception using errcode = 'ON404', message = 'chatbot_not_found';
    end if;
  end if;
  return jsonb_build_object('version', p_version, 'configuration', configuration);
end
$$;
revoke execute on function oneai.chatbot_to_preview from public;
grant execute on function oneai.chatbot_to_preview to oneai_app;

-- Admits a member's question to the chatbot, as oneai.admit does. Its workspace pays, within the member's limit; what
-- visitors may spend is not touched. p_preparation: the most micro-dollars that preparing the answer may cost, which credits
-- hold too. ON404 `chatbot_not_found`, and `not_found` for a conversation that is no preview of
-- this chatbot by this member; ON403, and what oneai.admit refuses.
create function oneai.admit_preview(
  p_user uuid, p_chatbot uuid, p_message uuid, p_request oneai.question_request, p_terms jsonb,
  p_preparation bigint) returns json
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', true);
begin
  return oneai.admit(p_user, p_message, p_request, p_terms, null,
    row(c.workspace_id, c.id, null, false, c.limits, p_preparation)::oneai.visit);
end
$$;
revoke execute on function oneai.admit_preview from public;
grant execute on function oneai.admit_preview to oneai_app;
