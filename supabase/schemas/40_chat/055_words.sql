-- The words of a text, as searches compare them.

-- The normalized text: without case, accents, joiners and vowel points, its first 50,000 characters. Uses only
-- functions with fixed tables: unaccent, the text search parser and lower() with a locale are not immutable, differ
-- between servers, and support few scripts. Identical to oneai.conversations.tokenize.
create function oneai.normalize_text(p_text text) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  txt text := left(p_text, 50000);
begin
  if octet_length(txt) = length(txt) then
    return lower(txt collate pg_catalog.pg_c_utf8);
  end if;
  txt := lower(normalize(txt, nfkd) collate pg_catalog.pg_c_utf8);
  txt := regexp_replace(txt, '[\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640'
    '\u064b-\u065f\u0670\u093c\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]+', '', 'g');
  txt := translate(txt, 'ςøđħıłŧðँ', 'σodhiltdं');
  txt := replace(replace(replace(replace(txt, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
  -- हिन्दी is often written हिंदी.
  txt := regexp_replace(txt, '[ङञणनम]्(?=[क-ह])', 'ं', 'g');
  return left(txt, 50000);
end
$$;
revoke execute on function oneai.normalize_text from public;

-- The words of a text in order, cut to forty characters. In scripts without spaces (Chinese, Japanese, Thai, ...) and
-- for emoji each character is a word; longer words are searched as phrases.
create function oneai.tokenize(p_text text) returns table (word text, place bigint)
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  txt text := oneai.normalize_text(p_text);
begin
  if octet_length(txt) = length(txt) then
    return query select left(m.groups[1], 40), m.at
      from regexp_matches(txt, '[a-z0-9]+', 'g') with ordinality as m (groups, at);
  else
    return query select left(m.groups[1], 40), m.at
      from regexp_matches(txt,
        -- Everything but separators and those scripts: general punctuation first, then that of scripts.
        '[^\u0001-\u002f\u003a-\u0060\u007b-\u00bf\u00d7\u00f7\u02c2-\u02df\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3'
        '\u05c6\u05f3\u05f4\u0600-\u060f\u061b-\u061f\u066a-\u066d\u06d4\u0964\u0965\u0970\u0e00-\u0eff\u1000-\u109f'
        '\u1361-\u1368\u1780-\u180a\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u312f\u31a0-\u31ff\u3400-\u4dbf'
        '\u4e00-\u9fff\ue000-\ufaff\ufd3e\ufd3f\ufe10-\ufe6f\uff00-\uff0f\ufff0-\uffff\U0001b000-\U0001b16f'
        '\U0001f000-\U0001faff\U00020000-\U0010ffff]+'
        '|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17d3\u2600-\u27bf\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u3035'
        '\u303b\u303c\u3041-\u30fa\u30fc-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff'
        '\U0001b000-\U0001b16f\U0001f000-\U0001faff\U00020000-\U0003ffff]', 'g') with ordinality as m (groups, at);
  end if;
end
$$;
revoke execute on function oneai.tokenize from public;
