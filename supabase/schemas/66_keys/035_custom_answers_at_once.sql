-- How many answers servers of workspaces write at once. Such a server may be slow on purpose, and an answer that waits for it
-- occupies an execution environment of the chat. So all of them together have a share of the chat's environments, and a workspace
-- has a part of this share. docs/decisions/provider-keys.md has the reasons.

-- One row for each answer that may be written at once. A row is taken without waiting for another transaction, so that
-- admissions of different workspaces cannot wait for each other in a circle.
create table oneai.custom_answer_slots (
  n integer primary key check (n > 0),
  reservation_id uuid unique references oneai.provider_key_holds (reservation_id) on delete set null
);

alter table oneai.custom_answer_slots enable row level security;
revoke all on oneai.custom_answer_slots from anon, authenticated, service_role;

-- Takes a slot for what holds a key of a workspace's own server: of `all` in p_at_once, and of the `workspace` that pays. ON429 if
-- the workspace has no other one, ON503 if all are taken. It is free again when the hold is settled, also if the key is deleted.
-- The caller has locked the workspace, and rolls everything back if it refuses.
create function oneai.take_custom_slot(payer oneai.workspaces, p_reservation uuid, p_at_once jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  most constant integer := (p_at_once ->> 'all')::integer;
  of_workspace constant integer := (p_at_once ->> 'workspace')::integer;
begin
  update oneai.provider_key_holds set at_once = p_at_once where reservation_id = p_reservation;
  if of_workspace <= (
    select count(*) from oneai.custom_answer_slots as s
    join oneai.provider_key_holds as h on h.reservation_id = s.reservation_id
    where h.workspace_id = payer.id)
  then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = jsonb_build_object('retry_after', 5,
      'of', 'workspace', 'limit_name', 'custom_answers_at_once', 'limit', of_workspace,
      'refusal', jsonb_build_object('code', 'custom_answers_at_once', 'limit', of_workspace))::text;
  end if;
  if not exists (select from oneai.custom_answer_slots as s where s.n = most) then
    insert into oneai.custom_answer_slots (n) select g.n from pg_catalog.generate_series(1, most) as g (n) on conflict do nothing;
  end if;
  update oneai.custom_answer_slots set reservation_id = p_reservation
  where n = (
    select s.n from oneai.custom_answer_slots as s where s.n <= most and s.reservation_id is null
    order by s.n limit 1 for update skip locked);
  if not found then
    raise exception using errcode = 'ON503', message = 'busy', detail = '{"retry_after": 5}';
  end if;
end
$$;
revoke execute on function oneai.take_custom_slot from public;
