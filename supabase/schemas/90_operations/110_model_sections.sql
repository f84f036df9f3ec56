-- The sections of the list of models (recommended, fast, smartest, cheapest), as operators decide them. A rule over
-- price, speed and ratings fills what they leave open (oneai/plans/model_sections.py).

create table oneai.model_sections (
  section text primary key check (section in ('recommended', 'fast', 'smartest', 'cheapest')),
  -- Shell patterns of model ids. The newest available match of each is shown first, in this order.
  models text[] not null default '{}' check (cardinality(models) <= 20 and length(array_to_string(models, ',')) <= 4000),
  -- Shell patterns of model ids that the section never shows.
  never text[] not null default '{}' check (cardinality(never) <= 20 and length(array_to_string(never, ',')) <= 4000)
);
insert into oneai.model_sections (section, models, never) values
  ('recommended', '{openai/gpt-*-mini,google/gemini-*-flash,anthropic/claude-sonnet-*,deepseek/deepseek-*}', '{}'),
  ('fast', '{}', '{}'), ('smartest', '{}', '{}'), ('cheapest', '{}', '{}');

alter table oneai.model_sections enable row level security;
create policy "service" on oneai.model_sections for select to oneai_service using (true);
create policy "admins" on oneai.model_sections to oneai_admin using (true) with check (true);
revoke all on oneai.model_sections from anon, authenticated, service_role;
grant select on oneai.model_sections to oneai_service;
grant select, update on oneai.model_sections to oneai_admin;
