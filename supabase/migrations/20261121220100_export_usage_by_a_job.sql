-- Usage that is too large for one response leaves by the job that writes exports: a file of its own format, of a span.
alter table oneai.exports
  drop constraint exports_format_check,
  add constraint exports_format_check
    check (format in ('json', 'markdown', 'html', 'txt', 'zip', 'usage_csv', 'usage_jsonl')),
  add column since timestamptz,
  add column until timestamptz;

drop index oneai.exports_open;
create unique index exports_open on oneai.exports (
  user_id, coalesce(conversation_id, '00000000-0000-0000-0000-000000000000'), format,
  coalesce(since, '-infinity'), coalesce(until, 'infinity'))
  where state in ('queued', 'running');

-- Asks for a file of the person's usage; the same span and format again while it is being written is the same file.
-- ON401, and ON429 as for conversations.
create function oneai.request_usage_export(p_user uuid, p_format text, p_since timestamptz, p_until timestamptz)
returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  asked uuid;
begin
  perform oneai.known_person(p_user, false);
  select id into asked from oneai.exports
  where user_id = p_user and format = p_format and since = p_since and until = p_until
    and state in ('queued', 'running');
  if asked is not null then
    return asked;
  end if;
  if (select count(*) from oneai.exports where user_id = p_user and state in ('queued', 'running')) >= 3 then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = '{"retry_after": 60}';
  end if;
  if (select count(*) from oneai.exports
      where user_id = p_user and created_at > oneai.now() - interval '1 day') >= 50 then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = '{"retry_after": 3600}';
  end if;
  insert into oneai.exports (user_id, format, since, until) values (p_user, p_format, p_since, p_until)
  returning id into asked;
  return asked;
end
$$;

revoke execute on function oneai.request_usage_export from public;
grant execute on function oneai.request_usage_export to oneai_app;
