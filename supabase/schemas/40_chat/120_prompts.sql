-- Prompts that users save to ask again.

create table oneai.prompts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references oneai.users (id) on delete cascade,
  name text not null check (name <> '' and char_length(name) <= 100),
  -- It may contain variables, `{{name}}`, which clients ask for.
  content text not null check (content <> '' and char_length(content) <= 10000),
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  -- What it adds to the user's storage.
  bytes integer not null generated always as (octet_length(name) + octet_length(content)) stored
);
create unique index prompts_by_name on oneai.prompts (user_id, lower(name));
create index prompts_of_user on oneai.prompts (user_id) include (bytes);

alter table oneai.prompts enable row level security;
create policy "people see their prompts" on oneai.prompts
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.prompts to oneai_service using (true) with check (true);
revoke all on oneai.prompts from anon, authenticated, service_role;
grant select on oneai.prompts to authenticated;
grant select, insert, update, delete on oneai.prompts to oneai_service;

-- ON422 for one field of a prompt.
create function oneai.refuse_prompt_field(p_field text, p_code text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  raise exception using errcode = 'ON422', message = 'invalid_request', detail = json_build_object('details',
    json_build_array(json_build_object('field', p_field, 'code', p_code)));
end
$$;
revoke execute on function oneai.refuse_prompt_field from public;

-- Stores the prompts of `p_prompts`, [{name, content}], all or none, and returns those that it stored.
-- `p_if_exists` says what happens to a prompt whose name, ignoring case, the user already has: `refuse`, `skip` or
-- `replace`. ON422 for a name that another prompt of the list or, with `refuse`, of the user has, and if the user would
-- have more than `p_most`; ON413 if they do not fit into the storage.
create function oneai.save_prompts(p_user uuid, p_prompts jsonb, p_if_exists text, p_most integer)
returns setof oneai.prompts
language plpgsql security definer set search_path = ''
as $$
declare
  repeated bigint;
  bytes_before bigint;
  saved uuid[];
  added bigint;
begin
  -- Locks the user, so that one request after another counts.
  perform oneai.require_active_user(p_user, p_user, false);
  select min(n.ordinal) - 1 into repeated from (
    select e.ordinal, lower(e.prompt ->> 'name') as name,
      row_number() over (partition by lower(e.prompt ->> 'name') order by e.ordinal) as number
    from jsonb_array_elements(p_prompts) with ordinality as e (prompt, ordinal)
  ) as n
  where n.number > 1 or (p_if_exists = 'refuse' and exists (
    select from oneai.prompts as p where p.user_id = p_user and lower(p.name) = n.name));
  if repeated is not null then
    perform oneai.refuse_prompt_field('prompts.' || repeated || '.name', 'repeated');
  end if;
  select coalesce(sum(p.bytes), 0) into bytes_before from oneai.prompts as p where p.user_id = p_user;
  with written as (
    insert into oneai.prompts as p (user_id, name, content)
    select p_user, n.name, n.content from jsonb_to_recordset(p_prompts) as n (name text, content text)
    where p_if_exists <> 'skip' or not exists (
      select from oneai.prompts as o where o.user_id = p_user and lower(o.name) = lower(n.name))
    on conflict (user_id, lower(name)) do update
      set name = excluded.name, content = excluded.content, updated_at = oneai.now()
    returning p.id)
  select array_agg(w.id) into saved from written as w;
  if (select count(*) from oneai.prompts as p where p.user_id = p_user) > p_most then
    perform oneai.refuse_prompt_field('prompts', 'too_many');
  end if;
  select coalesce(sum(p.bytes), 0) - bytes_before into added from oneai.prompts as p where p.user_id = p_user;
  if added > 0 then
    perform oneai.require_storage(p_user, added, true, p_user);
  end if;
  return query select p.* from oneai.prompts as p where p.id = any (saved) order by lower(p.name);
end
$$;
revoke execute on function oneai.save_prompts from public;
grant execute on function oneai.save_prompts to oneai_service;

-- Changes the fields of `p_changes`, {name?, content?}, and returns the prompt. ON404 for another user's prompt, ON422
-- for a name that another prompt of the user has, ON413 if it does not fit into the storage.
create function oneai.update_prompt(p_user uuid, p_id uuid, p_changes jsonb) returns oneai.prompts
language plpgsql security definer set search_path = ''
as $$
declare
  bytes_before integer;
  changed oneai.prompts;
begin
  perform oneai.require_active_user(p_user, p_user, false);
  select p.bytes into bytes_before from oneai.prompts as p where p.user_id = p_user and p.id = p_id;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if exists (
    select from oneai.prompts as p
    where p.user_id = p_user and lower(p.name) = lower(p_changes ->> 'name') and p.id <> p_id) then
    perform oneai.refuse_prompt_field('name', 'repeated');
  end if;
  update oneai.prompts as p set name = coalesce(p_changes ->> 'name', p.name),
    content = coalesce(p_changes ->> 'content', p.content), updated_at = oneai.now()
  where p.user_id = p_user and p.id = p_id
  returning * into changed;
  if changed.bytes > bytes_before then
    perform oneai.require_storage(p_user, changed.bytes - bytes_before, true, p_user);
  end if;
  return changed;
end
$$;
revoke execute on function oneai.update_prompt from public;
grant execute on function oneai.update_prompt to oneai_service;
