-- What an answer costs in credits: what its models cost, times a markup, and at least a sum, since a model at price zero is
-- not free to stream. `make credit-prices` writes the rows. A model that none fits has a markup of three.

create table oneai.credit_prices (
  -- The workspace that it was agreed with; null: all others.
  workspace_id uuid references oneai.workspaces (id) on delete cascade,
  -- The ids of models; `*` is any text. The longest pattern that fits counts, and one of the workspace before others.
  pattern text not null check (pattern ~ '^[A-Za-z0-9._:/*~-]{1,200}$'),
  -- Never under the cost.
  markup_percent integer not null check (markup_percent between 100 and 10000),
  min_micro_usd bigint not null default 200 check (min_micro_usd between 200 and 100000000),
  updated_at timestamptz not null default oneai.now(),
  unique nulls not distinct (workspace_id, pattern)
);

alter table oneai.credit_prices enable row level security;
revoke all on oneai.credit_prices from anon, authenticated, service_role;

-- Micro-dollars of credits for a cost in micro-dollars. oneai/plans/price_of_use.py computes the same.
create function oneai.price_of_use(p_cost bigint, p_markup_percent integer, p_least bigint) returns bigint
language sql immutable
as $$ select greatest(p_least, ceil(p_cost * p_markup_percent / 100.0)::bigint) $$;
revoke execute on function oneai.price_of_use from public;

-- The price that holds for one model now.
create function oneai.credit_price_of(
  p_workspace uuid, p_model text, out markup_percent integer, out min_micro_usd bigint)
language plpgsql stable
as $$
begin
  select p.markup_percent, p.min_micro_usd into markup_percent, min_micro_usd from oneai.credit_prices as p
  where (p.workspace_id = p_workspace or p.workspace_id is null)
    and p_model like replace(replace(p.pattern, '_', '\_'), '*', '%')
  order by p.workspace_id is null, length(p.pattern) desc, p.pattern collate "C" limit 1;
  markup_percent := coalesce(markup_percent, 300);
  min_micro_usd := coalesce(min_micro_usd, 200);
end
$$;
revoke execute on function oneai.credit_price_of from public;

-- The dearest price of the models that may write an answer, and the markup of each (null: they have the same). What an
-- answer costs is decided by them when it is admitted. p_purpose: only an answer has a least price.
create function oneai.credit_prices_of(
  p_workspace uuid, p_models jsonb, p_purpose text, out markup_percent integer, out min_micro_usd bigint,
  out markups jsonb)
language plpgsql stable
as $$
begin
  if jsonb_array_length(p_models) = 1 then
    select p.markup_percent, case when p_purpose = 'answer' then p.min_micro_usd else 1 end into markup_percent, min_micro_usd
    from oneai.credit_price_of(p_workspace, p_models ->> 0) as p;
    return;
  end if;
  select max(p.markup_percent), case when p_purpose = 'answer' then max(p.min_micro_usd) else 1 end,
    case when min(p.markup_percent) < max(p.markup_percent) then jsonb_object_agg(m.id, p.markup_percent) end
  into markup_percent, min_micro_usd, markups
  from jsonb_array_elements_text(p_models) as m (id) cross join lateral oneai.credit_price_of(p_workspace, m.id) as p;
end
$$;
revoke execute on function oneai.credit_prices_of from public;

-- The prices that were agreed with p_workspace (null: those of all), as oneai/plans/price_of_use.py reads them.
create function oneai.read_credit_prices(p_workspace uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('agreed', p.workspace_id is not null, 'pattern', p.pattern,
    'markup_percent', p.markup_percent, 'min_micro_usd', p.min_micro_usd) order by p.workspace_id, p.pattern), '[]')
  from oneai.credit_prices as p where p.workspace_id is not distinct from p_workspace
$$;
revoke execute on function oneai.read_credit_prices from public;
grant execute on function oneai.read_credit_prices to oneai_app;
