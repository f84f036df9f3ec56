-- Users' preferences: kinds of mail, language, theme, default and favourite models, custom instructions.

create table oneai.preferences (
  user_id uuid primary key references oneai.users (id) on delete cascade,
  quota boolean not null default true,
  summary boolean not null default true,
  -- News is only mailed to users who opted in.
  product boolean not null default false,
  language text not null default 'en' check (language in ('en', 'hi')),
  updated_at timestamptz not null default oneai.now(),
  theme text not null default 'system' check (theme in ('system', 'light', 'dark')),
  -- The model if neither the question nor its conversation names one; null: the operator's default.
  default_model text check (length(default_model) <= 200),
  -- Instructions before a conversation's own system prompt; null: none.
  custom_instructions text check (length(custom_instructions) between 1 and 8000),
  -- Whether the oldest messages of a long conversation are summarised for the model.
  summarise_conversations boolean not null default true,
  -- The number of changes so far.
  version integer not null default 0,
  -- Ids of models that the user marked, latest first. They may leave the catalogue and return.
  favourite_models text[] not null default '{}' check (cardinality(favourite_models) <= 50)
);

alter table oneai.preferences enable row level security;
create policy "people see what they prefer" on oneai.preferences
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.preferences to oneai_service using (true) with check (true);
revoke all on oneai.preferences from anon, authenticated, service_role;
grant select on oneai.preferences to authenticated, oneai_service;

-- Changes the fields of `p_changes` and returns all; null if there is no such user. `default_model` and
-- `custom_instructions` may be null, which clears them. A `version` that is no longer current is refused with ON412.
create function oneai.update_preferences(p_user uuid, p_changes jsonb) returns oneai.preferences
language plpgsql security definer set search_path = ''
as $$
declare
  stored oneai.preferences;
  changed oneai.preferences;
begin
  if not exists (select from oneai.users where id = p_user) then
    perform oneai.ensure_user(p_user);
    if not exists (select from oneai.users where id = p_user) then
      return null;
    end if;
  end if;
  insert into oneai.preferences (user_id) values (p_user) on conflict (user_id) do nothing;
  select * into stored from oneai.preferences where user_id = p_user for update;
  if (p_changes ->> 'version')::integer <> stored.version then
    raise exception using errcode = 'ON412', message = 'precondition_failed';
  end if;
  changed := stored;
  changed.quota := coalesce((p_changes #>> '{notifications,quota}')::boolean, stored.quota);
  changed.summary := coalesce((p_changes #>> '{notifications,summary}')::boolean, stored.summary);
  changed.product := coalesce((p_changes #>> '{notifications,product}')::boolean, stored.product);
  changed.language := coalesce(p_changes ->> 'language', stored.language);
  changed.theme := coalesce(p_changes ->> 'theme', stored.theme);
  changed.summarise_conversations :=
    coalesce((p_changes ->> 'summarise_conversations')::boolean, stored.summarise_conversations);
  if jsonb_typeof(p_changes -> 'favourite_models') = 'array' then
    changed.favourite_models := array(
      select m.id from jsonb_array_elements_text(p_changes -> 'favourite_models') with ordinality as m (id, place)
      order by m.place);
  end if;
  if p_changes ? 'default_model' then
    changed.default_model := p_changes ->> 'default_model';
  end if;
  if p_changes ? 'custom_instructions' then
    changed.custom_instructions := p_changes ->> 'custom_instructions';
  end if;
  if changed is distinct from stored then
    changed.version := stored.version + 1;
    changed.updated_at := oneai.now();
    update oneai.preferences as p set quota = changed.quota, summary = changed.summary, product = changed.product,
      language = changed.language, theme = changed.theme, default_model = changed.default_model,
      favourite_models = changed.favourite_models, custom_instructions = changed.custom_instructions,
      summarise_conversations = changed.summarise_conversations, version = changed.version, updated_at = changed.updated_at
    where p.user_id = p_user;
  end if;
  return changed;
end
$$;
revoke execute on function oneai.update_preferences from public;
grant execute on function oneai.update_preferences to oneai_app;

-- Instructions before the messages: the user's custom instructions, then the conversation's system prompt, which is
-- more specific and takes precedence. Null: none.
create function oneai.system_prompt(p_user uuid, p_conversation_prompt text) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  instructions constant text := (select p.custom_instructions from oneai.preferences as p where p.user_id = p_user);
begin
  return nullif(concat_ws(E'\n\n', instructions, nullif(p_conversation_prompt, '')), '');
end
$$;
revoke execute on function oneai.system_prompt from public;
