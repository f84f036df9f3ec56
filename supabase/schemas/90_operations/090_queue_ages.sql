-- How far behind the jobs are.

-- For each queue with due items, the age of the oldest one in seconds. Each is read from an index of open items, or for
-- the search from its queue.
create function oneai.queue_ages() returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_object_agg(q.queue, round(extract(epoch from oneai.now() - q.oldest))), '{}')
  from (values
    ('expired_answers', (select min(held_until) from oneai.reservations where settled_at is null)),
    ('search_index', (select min(queued_at) from oneai.search_queue)),
    ('mail', (select min(due_at) from oneai.outbox where state = 'waiting')),
    ('exports', (select min(created_at) from oneai.exports where state in ('queued', 'running'))),
    ('imports', (select min(created_at) from oneai.imports where state in ('queued', 'running'))),
    ('documents', (
      select min(next_attempt_at) from oneai.documents
      where status in ('waiting', 'scanning', 'extracting', 'embedding'))),
    ('provider_events', (
      select min(received_at) from oneai.provider_events where state = 'pending' and unreadable_at is null)),
    ('provider_operations', (select min(due_at) from oneai.provider_operations where state = 'pending')),
    ('subscription_syncs', (select min(next_sync_at) from oneai.subscriptions where next_sync_at is not null)),
    -- The job runs every hour. Items that it will retry have their own alert.
    ('account_deletions', (
      select min(u.deletes_at) + interval '1 hour' from oneai.users as u
      where u.deletes_at is not null
        and not exists (select from oneai.account_deletions as d where d.user_id = u.id))),
    ('workspace_deletions', (
      select min(w.deletes_at) + interval '1 hour' from oneai.workspaces as w
      where w.deletes_at is not null
        and not exists (select from oneai.workspace_deletions as d where d.workspace_id = w.id))),
    ('departures', (select min(greatest(d.expires_at, d.next_attempt_at)) + interval '1 hour' from oneai.departures as d)),
    ('chatbot_erasures', (
      select min(greatest(c.deletes_at, c.next_attempt_at)) + interval '1 hour' from oneai.chatbots as c
      where c.deletes_at is not null))
  ) as q (queue, oldest)
  where q.oldest <= oneai.now()
$$;
revoke execute on function oneai.queue_ages from public;
grant execute on function oneai.queue_ages to oneai_app;
