-- Providers of models that failed, as each process that asks for answers reports them (oneai/models/set_aside.py). Other processes
-- read here what one of them knows: the status page, the list of models and operators.

create table oneai.set_aside_providers (
  provider text primary key check (provider in ('openrouter', 'openai', 'anthropic', 'gemini')),
  -- Since when it fails, and how often a process has set it aside since then.
  failing_since timestamptz not null,
  times integer not null default 1,
  ends_at timestamptz not null,
  -- The code of the last failure.
  code text not null
);

alter table oneai.set_aside_providers enable row level security;
create policy "service" on oneai.set_aside_providers for select to oneai_service using (true);
revoke all on oneai.set_aside_providers from anon, authenticated, service_role;
grant select on oneai.set_aside_providers to oneai_service;

-- Stores what a process reports [{provider, seconds, code}]: for how long a provider is set aside, ten minutes at most, or that it
-- answers again (`seconds` is 0). A report that comes late does not shorten what another one has set. A provider that was not set
-- aside for ten minutes fails since now.
create function oneai.report_routes(p_reports jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  at constant timestamptz := oneai.now();
  report record;
begin
  for report in
    select r.provider, r.seconds, r.code
    from jsonb_to_recordset(p_reports) as r (provider text, seconds double precision, code text) order by r.provider
  loop
    if report.seconds <= 0 then
      delete from oneai.set_aside_providers where provider = report.provider;
    else
      insert into oneai.set_aside_providers as s (provider, failing_since, ends_at, code)
      values (report.provider, at, at + make_interval(secs => least(report.seconds, 600)), report.code)
      on conflict (provider) do update
      set failing_since = case when s.ends_at < at - interval '10 minutes' then at else s.failing_since end,
          times = case when s.ends_at < at - interval '10 minutes' then 1 else s.times + 1 end,
          ends_at = greatest(s.ends_at, excluded.ends_at), code = excluded.code;
    end if;
  end loop;
end
$$;
revoke execute on function oneai.report_routes from public;
grant execute on function oneai.report_routes to oneai_app;

-- The providers that are set aside now, with the seconds until each may be asked first again: {"openrouter": 12.3}.
create function oneai.seconds_set_aside() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_object_agg(s.provider, extract(epoch from s.ends_at - oneai.now())), '{}')
    from oneai.set_aside_providers as s where s.ends_at > oneai.now());
end
$$;
revoke execute on function oneai.seconds_set_aside from public;
