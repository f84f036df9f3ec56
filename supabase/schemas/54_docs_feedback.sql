-- Readers' feedback on the documentation. It contains no names and no addresses.

create table oneai.docs_page_ratings (
  id bigint generated always as identity primary key,
  slug text not null check (octet_length(slug) <= 200),
  helpful boolean not null,
  note text check (length(note) <= 1000),
  created_at timestamptz not null default oneai.now()
);
create index docs_page_ratings_of_page on oneai.docs_page_ratings (slug, created_at);
create index docs_page_ratings_by_time on oneai.docs_page_ratings (created_at);

alter table oneai.docs_page_ratings enable row level security;
create policy "service" on oneai.docs_page_ratings to oneai_service using (true) with check (true);
revoke all on oneai.docs_page_ratings from anon, authenticated, service_role;
grant select, update, delete on oneai.docs_page_ratings to oneai_service;

-- Searches without results, by their words.
create table oneai.docs_missed_searches (
  words text primary key check (octet_length(words) <= 2000),
  searches bigint not null default 1,
  first_at timestamptz not null default oneai.now(),
  last_at timestamptz not null default oneai.now()
);
create index docs_missed_searches_by_time on oneai.docs_missed_searches (last_at);
create index docs_missed_searches_by_count on oneai.docs_missed_searches (searches desc, words);

alter table oneai.docs_missed_searches enable row level security;
create policy "service" on oneai.docs_missed_searches to oneai_service using (true) with check (true);
revoke all on oneai.docs_missed_searches from anon, authenticated, service_role;
grant select, update, delete on oneai.docs_missed_searches to oneai_service;

create function oneai.rate_docs_page(p_slug text, p_helpful boolean, p_note text) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.docs_page_ratings (slug, helpful, note) values (p_slug, p_helpful, p_note)
$$;
revoke execute on function oneai.rate_docs_page from public;
grant execute on function oneai.rate_docs_page to oneai_app;

create function oneai.count_docs_search(p_words text) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.docs_missed_searches as s (words) values (p_words)
  on conflict (words) do update set searches = s.searches + 1, last_at = oneai.now()
$$;
revoke execute on function oneai.count_docs_search from public;
grant execute on function oneai.count_docs_search to oneai_app;
