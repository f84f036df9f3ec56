-- How long visitors' conversations are kept: oneai.chatbots.retention_days after the last message.

-- Deletes at most p_limit of visitors' conversations that are over; returns how many. An answer that is not settled is waited
-- for. What the answers cost stays.
create function oneai.delete_old_visitor_conversations(p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  chosen uuid[];
begin
  chosen := array(
    select t.id from (
      select i.conversation_id, c.until
      from (
        select b.id, oneai.now() - make_interval(days => b.retention_days) as until from oneai.chatbots as b) as c
      cross join lateral (
        select n.conversation_id from oneai.inbox_conversations as n
        where n.chatbot_id = c.id and n.last_message_at <= c.until and not exists (
          select from oneai.reservations as r where r.visitor_id = n.visitor_id and r.settled_at is null)
        order by n.last_message_at desc limit p_limit) as i
      limit p_limit) as d
    -- A message that comes meanwhile keeps it.
    join oneai.conversations as t on t.id = d.conversation_id and t.last_message_at <= d.until
    for update of t skip locked);
  delete from oneai.conversations where id = any (chosen);
  return cardinality(chosen);
end
$$;
revoke execute on function oneai.delete_old_visitor_conversations from public;
grant execute on function oneai.delete_old_visitor_conversations to oneai_app;

-- Deletes at most p_limit visitors without conversations who were not seen for as long, with their leads; returns how many.
create function oneai.delete_old_visitors(p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  deleted_count integer;
begin
  delete from oneai.chatbot_visitors as v
  using (
    select n.id, c.until
    from (
      select b.id, oneai.now() - make_interval(days => b.retention_days) as until from oneai.chatbots as b) as c
    cross join lateral (
      select o.id from oneai.chatbot_visitors as o
      where o.chatbot_id = c.id and o.last_seen_at <= c.until
        and not exists (select from oneai.conversations as t where t.visitor_id = o.id)
        and not exists (select from oneai.reservations as r where r.visitor_id = o.id and r.settled_at is null)
      limit p_limit) as n
    limit p_limit) as d
  where v.id = d.id and v.last_seen_at <= d.until;
  get diagnostics deleted_count = row_count;
  return deleted_count;
end
$$;
revoke execute on function oneai.delete_old_visitors from public;
grant execute on function oneai.delete_old_visitors to oneai_app;
