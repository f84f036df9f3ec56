-- What became of visitors' conversations, as figures of the day on which each began. A later score, or a person who takes
-- it over, changes that day.

-- The figures that a conversation is now. Its chatbot resolved it alone if the visitor says so and no member took part; `to_person` has the oneai.latency_bucket of the wait.
create function oneai.figures_of_conversation(i oneai.inbox_conversations) returns setof oneai.figure_change
language sql stable set search_path = ''
as $$
  select f.measure, f.key, f.amount from (values
    ('handed_off', '', (i.handed_off_at is not null)::integer::bigint),
    ('resolved_by_bot', '', (i.csat >= 4 and i.csat_of = 'bot' and i.claimed_at is null)::integer),
    ('csat_score_' || i.csat_of, '', i.csat),
    ('csat_votes_' || i.csat_of, '', 1),
    -- `least` alone would take the largest number for a wait that has not ended.
    ('to_person', case when i.claimed_at is not null and i.handed_off_at is not null then oneai.latency_bucket(
      least(extract(epoch from i.claimed_at - i.handed_off_at) * 1000, 2147483647)::integer)::text end, 1),
    ('language', split_part(i.language, '-', 1), 1),
    ('page', left(i.page, 500), 1)) as f (measure, key, amount)
  where f.measure is not null and f.key is not null and f.amount is not null
$$;
revoke execute on function oneai.figures_of_conversation from public;

create function oneai.count_conversation_in_figures() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.note_figures(new.chatbot_id, new.created_at, array(
    select row(d.measure, d.key, sum(d.amount))::oneai.figure_change from (
      select * from oneai.figures_of_conversation(new)
      union all
      select f.measure, f.key, -f.amount from oneai.figures_of_conversation(old) as f where tg_op = 'UPDATE') as d
    group by d.measure, d.key));
  return null;
end
$$;
revoke execute on function oneai.count_conversation_in_figures from public;

create trigger count_conversation_in_figures
  after insert or update of handed_off_at, claimed_at, csat, csat_of, language, page on oneai.inbox_conversations
  for each row execute function oneai.count_conversation_in_figures();
