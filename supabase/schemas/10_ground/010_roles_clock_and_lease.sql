-- The schema `oneai`, which the Data API does not expose, its roles, its clock, and the types of what answers write.

create schema if not exists oneai;

-- oneai_service owns no tables and does not bypass row-level security: policies grant its access.
-- oneai_app is the functions' login role; a deploy step sets its password.
do $$
begin
  if not exists (select from pg_roles where rolname = 'oneai_service') then
    create role oneai_service nologin noinherit;
  end if;
  if not exists (select from pg_roles where rolname = 'oneai_app') then
    create role oneai_app nologin noinherit;
    grant authenticated, oneai_service to oneai_app;
    alter role oneai_app set statement_timeout = '15s';
    alter role oneai_app set idle_in_transaction_session_timeout = '10s';
  end if;
  -- What admins and support read, and what admins change: supabase/schemas/80_privacy/040_admin_access.sql.
  if not exists (select from pg_roles where rolname = 'oneai_admin') then
    create role oneai_admin nologin noinherit;
    -- Operators' commands act as it too, signed in as the owner of the schema.
    grant oneai_admin to oneai_app, current_user;
  end if;
end $$;

grant usage on schema oneai to authenticated, oneai_service, oneai_app, oneai_admin;

-- The clock of every decision about time. The local stack replaces it with a movable one.
create function oneai.now() returns timestamptz
language sql stable
as $$ select pg_catalog.now() $$;
revoke execute on function oneai.now from public;
grant execute on function oneai.now to authenticated, oneai_service, oneai_app, oneai_admin;

create function oneai.today() returns date
language sql stable
as $$ select (oneai.now() at time zone 'UTC')::date $$;
revoke execute on function oneai.today from public;
grant execute on function oneai.today to authenticated, oneai_service, oneai_admin;

-- How long an answer's process may be silent before the answer counts as expired.
create function oneai.lease() returns interval
language sql immutable
as $$ select interval '30 seconds' $$;
revoke execute on function oneai.lease from public;
grant execute on function oneai.lease to authenticated, oneai_service, oneai_app;

-- Domains for columns that each answer writes. Postgres reads and plans a table's CHECK constraints again with
-- every statement that writes to it, also for unchanged columns, which took an eighth of the time of admitting and
-- settling; a domain is read once per connection and checked where its column is written.

create domain oneai.non_negative as bigint check (value >= 0);
create domain oneai.text_offset as integer check (value >= 0);
create domain oneai.shard as smallint check (value between 0 and 63);

-- In bytes.
create domain oneai.rate_subject as text check (octet_length(value) <= 200);
create domain oneai.rate_name as text check (octet_length(value) <= 40);

create domain oneai.subscription_status as text
  check (value in ('active', 'trial', 'past_due', 'unpaid', 'paused', 'cancelled'));
create domain oneai.reset_frequency as text check (value in ('3hour', 'daily', 'monthly'));
create domain oneai.reservation_purpose as text check (
  value in ('answer', 'document_embedding', 'embedding', 'page_reading', 'summary'));

-- Limits of what users may write directly, above the API's (20,000 characters of a system prompt), which are in
-- characters. These are in bytes.
create domain oneai.payment_source as text check (value in ('own_key', 'plan', 'credits'));
-- Sources in their order, each once. Own keys come first where it does not name them.
create domain oneai.payment_order as text check (
  value ~ '^(own_key|plan|credits)(,(own_key|plan|credits)){0,2}$' and value !~ '(own_key|plan|credits).*\1');
create domain oneai.short_text as text check (octet_length(value) <= 4000);
create domain oneai.system_prompt as text check (octet_length(value) <= 80000);
create domain oneai.conversation_metadata as jsonb check (pg_column_size(value) <= 64000);
create domain oneai.conversation_tags as text[] check (pg_column_size(value) <= 16000);

create domain oneai.workspace_kind as text check (value in ('personal', 'team'));
create domain oneai.workspace_slug as text check (value ~ '^[a-z0-9](-?[a-z0-9])*$' and length(value) between 3 and 40);
create domain oneai.workspace_settings as jsonb check (pg_column_size(value) <= 64000);
create domain oneai.plan_currency as text check (value in ('INR', 'USD', 'IDR'));

create domain oneai.conversation_visibility as text check (value in ('private', 'workspace'));
create domain oneai.title_source as text check (value in ('auto', 'person'));
create domain oneai.message_role as text check (value in ('user', 'assistant'));
create domain oneai.message_state as text check (value in ('streaming', 'complete', 'stopped', 'truncated', 'failed'));
create domain oneai.finish_reason as text
  check (value in ('stop', 'length', 'tool_calls', 'content_filter', 'error', 'cancelled', 'budget'));
create domain oneai.revision_type as text check (value in ('user_edit', 'regeneration'));
-- What a model thought before it answered: at most as many characters as oneai/conversations/reasoning.py keeps.
create domain oneai.reasoning_text as text check (char_length(value) between 1 and 200000);
create domain oneai.piece_kind as text check (value in ('text', 'reasoning'));

create domain oneai.usage_purpose as text check (
  value in ('answer', 'conversation_summary', 'correction', 'document_embedding', 'document_pages', 'embedding', 'page_reading',
    'rewriting', 'summary', 'title'));
create domain oneai.usage_outcome as text check (value in ('complete', 'stopped', 'truncated', 'failed'));
