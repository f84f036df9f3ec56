-- Encrypting keys by another data key, once others may know the one before: an operator marks it (`make suspect-data-keys`), and
-- the job encrypts each of its keys again. Both data keys can be read meanwhile.

-- Keys whose data key is suspected, by id after p_after: what oneai.sealed_provider_key returns, with the workspace's current
-- data key `current` ({id, wrapped}; null: none yet), and the key of KMS that wrapped the suspected one.
create function oneai.provider_keys_to_encrypt(p_after uuid, p_limit integer) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(oneai.sealed_provider_key(k.row) || jsonb_build_object('kms_key_id', k.kms_key_id, 'current', (
        select jsonb_build_object('id', c.id, 'wrapped', encode(c.wrapped, 'hex'))
        from oneai.provider_data_keys as c where c.workspace_id = (k.row).workspace_id and c.suspected_at is null))
      order by (k.row).id), '[]')
    from (
      select p as row, d.kms_key_id from oneai.provider_keys as p join oneai.provider_data_keys as d on d.id = p.data_key_id
      where d.suspected_at is not null and (p_after is null or p.id > p_after) order by p.id limit p_limit) as k);
end
$$;
revoke execute on function oneai.provider_keys_to_encrypt from public;
grant execute on function oneai.provider_keys_to_encrypt to oneai_app;

-- Stores what was encrypted again, unless the key was replaced since p_before was its nonce. Returns whether it was stored.
create function oneai.replace_sealed_provider_key(p_id uuid, p_before bytea, p_columns jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  sealed constant oneai.provider_keys := jsonb_populate_record(null::oneai.provider_keys, p_columns);
begin
  update oneai.provider_keys
  set version = sealed.version, data_key_id = sealed.data_key_id, nonce = sealed.nonce, ciphertext = sealed.ciphertext
  where id = p_id and nonce = p_before;
  return found;
end
$$;
revoke execute on function oneai.replace_sealed_provider_key from public;
grant execute on function oneai.replace_sealed_provider_key to oneai_app;

-- Deletes the suspected data keys that no key needs any more; returns how many.
create function oneai.remove_suspected_data_keys() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  removed integer;
begin
  delete from oneai.provider_data_keys as d
  where d.suspected_at is not null and not exists (
    select from oneai.provider_keys as k where k.data_key_id = d.id);
  get diagnostics removed = row_count;
  return removed;
end
$$;
revoke execute on function oneai.remove_suspected_data_keys from public;
grant execute on function oneai.remove_suspected_data_keys to oneai_app;
