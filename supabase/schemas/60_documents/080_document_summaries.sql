-- Summaries of documents: one unit of the model's quota per started 100,000 tokens of text, held together when the
-- summary is requested and settled when it is written. The job writes it part by part, each with the summary of the
-- previous ones.

create table oneai.document_summaries (
  document_id uuid primary key references oneai.documents (id) on delete cascade,
  workspace_id uuid not null,
  -- The last complete summary and its model; it remains while another one is written.
  content text,
  model text,
  written_at timestamptz,
  -- The last request: its state, its model, and its reservation.
  state text not null check (state in ('waiting', 'ready', 'failed')),
  problem text check ((problem is not null) = (state = 'failed')),
  requested_model text not null,
  reservation uuid not null,
  units integer not null,
  -- The maximum tokens of text of one part, which the model's context allows.
  part_tokens integer not null,
  -- The chunks that are covered, their summary, and its usage.
  covered integer not null default 0,
  draft text,
  prompt_tokens bigint not null default 0,
  completion_tokens bigint not null default 0,
  cost_micro_usd bigint not null default 0,
  estimated boolean not null default false,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default oneai.now(),
  lease uuid
);
create index document_summaries_of_workspace on oneai.document_summaries (workspace_id);
create index document_summaries_to_write on oneai.document_summaries (next_attempt_at) where state = 'waiting';

alter table oneai.document_summaries enable row level security;
create policy "readers" on oneai.document_summaries for select to authenticated
  using (
    workspace_id = any (array(select oneai.my_workspaces()))
    and exists (select from oneai.documents as d where d.id = document_id));
revoke all on oneai.document_summaries from anon, authenticated, service_role;
grant select on oneai.document_summaries to authenticated;

-- What a summary of the document needs of the model of p_request and p_terms: one unit per started block of
-- p_request.tokens_per_unit tokens, and one request for every p_request.part_tokens.
create function oneai.summary_request(
  p_document uuid, p_request jsonb, p_terms jsonb, out units integer, out request jsonb, out terms jsonb)
language plpgsql stable security definer set search_path = ''
as $$
declare
  tokens constant bigint := coalesce((
    select sum(c.tokens) from oneai.document_chunks as c where c.document_id = p_document), 0);
  parts constant bigint := greatest(ceil(tokens / (p_request ->> 'part_tokens')::numeric), 1);
begin
  units := greatest(ceil(tokens / (p_request ->> 'tokens_per_unit')::numeric), 1);
  request := p_request || jsonb_build_object(
    'units', units, 'prompt_tokens', tokens + parts * (p_request ->> 'prompt_tokens')::bigint);
  terms := jsonb_set(p_terms, '{answers,0,answer_tokens}',
    to_jsonb(parts * (p_terms #>> '{answers,0,answer_tokens}')::bigint));
  if terms #> '{answers,0,credits}' is not null then
    terms := jsonb_set(terms, '{answers,0,credits,answer_tokens}',
      to_jsonb(parts * (p_terms #>> '{answers,0,credits,answer_tokens}')::bigint));
  end if;
end
$$;
revoke execute on function oneai.summary_request from public;

-- Locks the workspace's document, whose text can be summarised. ON404 if it does not exist, ON409 before it was read.
create function oneai.require_read_document(p_workspace uuid, p_document uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  document oneai.documents;
begin
  select * into document from oneai.documents where id = p_document and workspace_id = p_workspace for update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if document.status not in ('embedding', 'ready') then
    raise exception using errcode = 'ON409', message = 'document_not_ready', detail = jsonb_build_object(
      'document_id', document.id, 'status', document.status, 'retry_after', 5)::text;
  end if;
end
$$;
revoke execute on function oneai.require_read_document from public;

-- Requests a summary by the model of p_request (as in oneai.require_model; its prompt_tokens are those of a request
-- besides the text). Does nothing while one is being written. Returns the units that it holds. ON404 if the document
-- does not exist, ON409 before it was read.
create function oneai.request_document_summary(
  p_user uuid, p_document uuid, p_request jsonb, p_terms jsonb, p_api_key uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  payer oneai.workspaces := oneai.require_active_user(
    p_user, oneai.require_document(p_user, p_document, 'write'), (p_request ->> 'require_confirmed')::boolean);
  terms jsonb;
  needed integer;
  reserved uuid := gen_random_uuid();
begin
  perform oneai.require_read_document(payer.id, p_document);
  select s.units into needed from oneai.document_summaries as s where s.document_id = p_document and s.state = 'waiting';
  if found then
    return needed;
  end if;
  terms := oneai.require_model(payer, p_request, p_terms, p_api_key);
  select q.units, q.request, q.terms into needed, p_request, terms
  from oneai.summary_request(p_document, p_request, terms) as q;
  perform oneai.reserve_request(payer, p_user, reserved, 'summary', p_request, terms, p_api_key);
  insert into oneai.document_summaries as s (
    document_id, workspace_id, state, requested_model, reservation, units, part_tokens)
  values (
    p_document, payer.id, 'waiting', p_request ->> 'model', reserved, needed, (p_request ->> 'part_tokens')::integer)
  on conflict (document_id) do update set state = 'waiting', problem = null, requested_model = excluded.requested_model,
    reservation = excluded.reservation, units = excluded.units, part_tokens = excluded.part_tokens, covered = 0, draft = null, prompt_tokens = 0,
    completion_tokens = 0, cost_micro_usd = 0, estimated = false, attempts = 0, next_attempt_at = oneai.now(),
    lease = null;
  return needed;
end
$$;
revoke execute on function oneai.request_document_summary from public;
grant execute on function oneai.request_document_summary to oneai_app;

-- What a summary by the model of p_request would reserve, in the form of oneai.quote. Refuses as
-- oneai.request_document_summary, except for quotas.
create function oneai.quote_document_summary(
  p_user uuid, p_document uuid, p_request jsonb, p_terms jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  payer oneai.workspaces := oneai.require_active_user(
    p_user, oneai.require_document(p_user, p_document, 'write'), (p_request ->> 'require_confirmed')::boolean);
  terms jsonb;
begin
  perform oneai.require_read_document(payer.id, p_document);
  terms := oneai.require_model(payer, p_request, p_terms, null);
  return (
    select oneai.quote_requests(payer, p_user, q.request, q.terms, 1, 'summary')
    from oneai.summary_request(p_document, p_request, terms) as q);
end
$$;
revoke execute on function oneai.quote_document_summary from public;
grant execute on function oneai.quote_document_summary to oneai_app;

-- Counts the part of a summary that a process had requested when it died: the prompt as it was held, in the part's
-- share of all text.
create function oneai.count_lost_part(summary oneai.document_summaries) returns void
language plpgsql
as $$
declare
  held oneai.reservations;
  total bigint;
  lost bigint;
  tokens bigint;
begin
  select * into held from oneai.reservations
  where id = summary.reservation and coalesce(settled_at, 'infinity') = 'infinity' and sent_at is not null for update;
  if not found then
    return;
  end if;
  select coalesce(sum(c.tokens), 0) into total from oneai.document_chunks as c where c.document_id = summary.document_id;
  -- As oneai.claim_document_summary chooses the chunks of a part.
  select coalesce(sum(n.tokens), 0) into lost from (
    select c.tokens, sum(c.tokens) over (order by c.ordinal) as tokens_with
    from oneai.document_chunks as c where c.document_id = summary.document_id and c.ordinal > summary.covered) as n
  where n.tokens_with <= summary.part_tokens or n.tokens_with = n.tokens;
  tokens := ceil(held.prompt_tokens * lost / greatest(total, 1)::numeric);
  perform oneai.add_spent(held.id, jsonb_build_object('prompt_tokens', tokens, 'estimated', true,
    'cost_micro_usd', ceil(held.prompt_micro_usd * tokens / greatest(held.prompt_tokens, 1)::numeric)::bigint), true);
end
$$;
revoke execute on function oneai.count_lost_part from public;

-- The summary that has been due longest, leased for p_seconds, and its next part: the chunks of at most its part_tokens
-- after those that are covered, at least one. Its reservation is extended by the same time and records that a part is
-- running; a part that was running when a process died is counted first. `held`: it was not settled before. Null if
-- nothing is due.
create function oneai.claim_document_summary(p_seconds integer) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  claimed oneai.document_summaries;
  held boolean;
begin
  update oneai.document_summaries as s set lease = gen_random_uuid(), attempts = s.attempts + 1,
    next_attempt_at = oneai.now() + make_interval(secs => p_seconds)
  where s.document_id = (
    select d.document_id from oneai.document_summaries as d
    where d.state = 'waiting' and d.next_attempt_at <= oneai.now()
    order by d.next_attempt_at limit 1 for update skip locked)
  returning s.* into claimed;
  if not found then
    return null;
  end if;
  perform oneai.count_lost_part(claimed);
  update oneai.reservations set held_until = oneai.now() + make_interval(secs => 2 * p_seconds), sent_at = oneai.now()
  where id = claimed.reservation and coalesce(settled_at, 'infinity') = 'infinity';
  held := found;
  return (
    with next_chunks as (
      select c.ordinal, c.content, sum(c.tokens) over (order by c.ordinal) - c.tokens as tokens_before,
        sum(c.tokens) over (order by c.ordinal) as tokens_with
      from oneai.document_chunks as c where c.document_id = claimed.document_id and c.ordinal > claimed.covered
    ), part as (
      select * from next_chunks where tokens_with <= claimed.part_tokens or tokens_before = 0
    )
    select json_build_object('document_id', claimed.document_id, 'lease', claimed.lease, 'attempts', claimed.attempts,
      'reservation', claimed.reservation, 'held', held,
      'model', claimed.requested_model, 'draft', claimed.draft,
      'until', coalesce((select max(ordinal) from part), claimed.covered),
      'text', coalesce((select string_agg(content, E'\n\n' order by ordinal) from part), '')));
end
$$;
revoke execute on function oneai.claim_document_summary from public;
grant execute on function oneai.claim_document_summary to oneai_app;

-- Adds the usage of a part of a summary to its reservation, which is returned. The part is no longer running, unless
-- another run has taken over its lease.
create function oneai.count_summary_part(p_document uuid, p_lease uuid, p_reservation uuid, u jsonb)
returns oneai.reservations
language plpgsql
as $$
declare
  held oneai.reservations;
begin
  -- Settling locks the workspace first.
  perform 1 from oneai.workspaces where id = (
    select r.workspace_id from oneai.reservations as r where r.id = p_reservation) for no key update;
  perform oneai.add_spent(p_reservation, u, not exists (
    select from oneai.document_summaries as s
    where s.document_id = p_document and s.reservation = p_reservation and s.lease <> p_lease));
  select * into held from oneai.reservations where id = p_reservation for update;
  return held;
end
$$;
revoke execute on function oneai.count_summary_part from public;

-- Settles the requests for a summary whose document was deleted; does nothing while another run continues it.
create function oneai.settle_deleted_summary(p_document uuid, held oneai.reservations, p_outcome jsonb) returns void
language plpgsql
as $$
begin
  if not exists (
    select from oneai.document_summaries as s
    where s.document_id = p_document and s.reservation = held.id and s.state = 'waiting')
  then
    perform oneai.settle(held.id, p_outcome || oneai.expired_request(held));
  end if;
end
$$;
revoke execute on function oneai.settle_deleted_summary from public;

-- Stores a part under its lease: the summary of all chunks up to p_until, and its usage, which the reservation counts
-- first, even if the document is gone. With the last part the summary is complete and settled; with p_problem it
-- fails, and nothing is charged. If the lease was lost, the reservation is settled with the requests so far, unless
-- another run continues it. Returns whether a part is left.
create function oneai.store_summary_part(
  p_document uuid, p_lease uuid, p_reservation uuid, p_until integer, p_text text, p_outcome jsonb, p_problem text)
returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  u constant jsonb := p_outcome -> 'usage';
  is_last constant boolean := not exists (
    select from oneai.document_chunks as c where c.document_id = p_document and c.ordinal > p_until);
  summary oneai.document_summaries;
  held oneai.reservations := oneai.count_summary_part(p_document, p_lease, p_reservation, u);
begin
  update oneai.document_summaries as s set covered = p_until, draft = p_text, attempts = 0, lease = null,
    next_attempt_at = oneai.now(),
    prompt_tokens = held.spent_prompt_tokens, completion_tokens = held.spent_completion_tokens,
    cost_micro_usd = held.spent_micro_usd, estimated = held.spent_estimated
  where s.document_id = p_document and s.lease = p_lease and held.id is not null returning s.* into summary;
  if not found then
    perform oneai.settle_deleted_summary(p_document, held, p_outcome);
    return false;
  end if;
  if p_problem is null and not is_last then
    return true;
  end if;
  perform oneai.settle(summary.reservation, p_outcome || jsonb_build_object(
    'state', case when p_problem is null then 'complete' else 'failed' end, 'units', summary.units,
    'usage', jsonb_build_object('prompt_tokens', summary.prompt_tokens, 'completion_tokens', summary.completion_tokens,
      'reasoning_tokens', 0, 'cached_tokens', 0, 'cost_micro_usd', summary.cost_micro_usd,
      'estimated', summary.estimated)));
  update oneai.document_summaries as s set state = case when p_problem is null then 'ready' else 'failed' end,
    problem = p_problem, draft = null,
    content = case when p_problem is null then p_text else s.content end,
    model = case when p_problem is null then s.requested_model else s.model end,
    written_at = case when p_problem is null then oneai.now() else s.written_at end
  where s.document_id = p_document;
  update oneai.documents set updated_at = oneai.now() where id = p_document;
  return false;
end
$$;
revoke execute on function oneai.store_summary_part from public;
grant execute on function oneai.store_summary_part to oneai_app;

-- Makes a summary wait after a failed request, up to a number of attempts; its reservation counts the usage, even if
-- the document is gone.
create function oneai.postpone_summary(
  p_document uuid, p_lease uuid, p_reservation uuid, p_seconds integer, p_attempts integer, p_usage jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  held constant oneai.reservations := oneai.count_summary_part(p_document, p_lease, p_reservation, p_usage);
begin
  update oneai.document_summaries as s set lease = null, attempts = p_attempts,
    next_attempt_at = oneai.now() + make_interval(secs => p_seconds)
  where s.document_id = p_document and s.lease = p_lease;
  if not found then
    perform oneai.settle_deleted_summary(p_document, held, '{}');
  end if;
end
$$;
revoke execute on function oneai.postpone_summary from public;
grant execute on function oneai.postpone_summary to oneai_app;
