-- What the routes of admins read and change, as `oneai_admin`. A request switches to that role once its user was found to
-- be an admin or support; columns that hold secrets or what people wrote are granted to nobody here.

create policy "admins" on oneai.users for select to oneai_admin using (true);
create policy "admins" on oneai.usage_rollups for select to oneai_admin using (true);
create policy "admins" on oneai.payments for select to oneai_admin using (true);
create policy "admins" on oneai.refunds for select to oneai_admin using (true);
create policy "admins" on oneai.disputes for select to oneai_admin using (true);
grant select on oneai.users, oneai.usage_rollups, oneai.payments, oneai.refunds, oneai.disputes to oneai_admin;
