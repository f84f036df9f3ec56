-- The customer of a workspace at a payment provider that has customers, made at its first checkout and reused.

create table oneai.provider_customers (
  payment_provider text not null,
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  -- The provider's id.
  ref text not null,
  created_at timestamptz not null default oneai.now(),
  primary key (payment_provider, workspace_id),
  unique (payment_provider, ref)
);
create index provider_customers_of_workspace on oneai.provider_customers (workspace_id);

alter table oneai.provider_customers enable row level security;
revoke all on oneai.provider_customers from anon, authenticated, service_role;

create function oneai.provider_customer(p_provider text, p_workspace uuid) returns text
language sql stable security definer set search_path = ''
as $$
  select (select c.ref from oneai.provider_customers as c
    where c.payment_provider = p_provider and c.workspace_id = p_workspace)
$$;
revoke execute on function oneai.provider_customer from public;
grant execute on function oneai.provider_customer to oneai_app;

-- Stores a customer; returns the stored one, which is another if two requests made one each.
create function oneai.save_provider_customer(p_provider text, p_workspace uuid, p_ref text) returns text
language sql security definer set search_path = ''
as $$
  insert into oneai.provider_customers (payment_provider, workspace_id, ref) values (p_provider, p_workspace, p_ref)
  on conflict (payment_provider, workspace_id) do nothing;
  select c.ref from oneai.provider_customers as c
  where c.payment_provider = p_provider and c.workspace_id = p_workspace
$$;
revoke execute on function oneai.save_provider_customer from public;
grant execute on function oneai.save_provider_customer to oneai_app;

-- Where invoices of a workspace go: its billing address for mail, or its owner's.
create function oneai.billing_email(p_workspace uuid) returns text
language sql stable security definer set search_path = ''
as $$
  select coalesce(
    (select w.billing_email from oneai.workspaces as w where w.id = p_workspace),
    (select u.email from oneai.users as u where u.id = oneai.owner_of(p_workspace)))
$$;
revoke execute on function oneai.billing_email from public;
grant execute on function oneai.billing_email to oneai_app;
