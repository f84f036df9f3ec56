"""Everything that says who may do what in schema `oneai`, as sorted lines."""

from typing import Any, LiteralString

from tests.world import Database

# Grants other than the owner's own, which every object has. Grantee 0 is PUBLIC.
QUERIES: tuple[LiteralString, ...] = (
    """
    select format('schema %s owned by %s', nspname, nspowner::regrole)
    from pg_namespace where nspname = 'oneai'
    """,
    """
    select format('schema %s grants %s to %s', n.nspname, lower(string_agg(a.privilege_type, ', '
      order by a.privilege_type)),
      coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC'))
    from pg_namespace as n cross join aclexplode(n.nspacl) as a
    where n.nspname = 'oneai' and a.grantee <> n.nspowner group by n.nspname, a.grantee
    """,
    # Login is what a deploy step gives, and the local stack.
    """
    select format('role %s %s', rolname, concat_ws(', ',
      case when rolcanlogin then 'login' else 'nologin' end,
      case when rolinherit then 'inherit' else 'noinherit' end,
      case when rolsuper then 'SUPERUSER' end, case when rolbypassrls then 'BYPASSRLS' end,
      case when rolcreaterole then 'CREATEROLE' end, case when rolcreatedb then 'CREATEDB' end,
      case when rolreplication then 'REPLICATION' end, array_to_string(rolconfig, ', ')))
    from pg_roles where rolname like 'oneai%'
    """,
    """
    select format('role %s member of %s%s', m.member::regrole, m.roleid::regrole, concat(
      case when m.inherit_option then ', inherits' end, case when m.set_option then ', may become it' end,
      case when m.admin_option then ', may grant it' end))
    from pg_auth_members as m
    where m.member::regrole::text like 'oneai%' or m.roleid::regrole::text like 'oneai%'
    """,
    """
    select format('%s %s owned by %s%s',
      case c.relkind when 'r' then 'table' when 'S' then 'sequence' when 'v' then 'view' else c.relkind::text end,
      c.relname, c.relowner::regrole,
      case when c.relkind <> 'r' then '' when c.relrowsecurity then ', row security' else ', NO ROW SECURITY' end)
    from pg_class as c where c.relnamespace = 'oneai'::regnamespace and c.relkind not in ('i', 'I', 'c', 't')
    """,
    """
    select format('table %s grants %s to %s%s', c.relname,
      lower(string_agg(a.privilege_type, ', ' order by a.privilege_type)),
      coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC'),
      case when bool_or(a.is_grantable) then ' WITH GRANT OPTION' else '' end)
    from pg_class as c cross join aclexplode(c.relacl) as a
    where c.relnamespace = 'oneai'::regnamespace and a.grantee <> c.relowner group by c.relname, a.grantee
    """,
    """
    select format('table %s grants %s (%s) to %s', c.relname, lower(a.privilege_type),
      string_agg(t.attname, ', ' order by t.attname), coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC'))
    from pg_class as c join pg_attribute as t on t.attrelid = c.oid cross join aclexplode(t.attacl) as a
    where c.relnamespace = 'oneai'::regnamespace and a.grantee <> c.relowner
    group by c.relname, a.privilege_type, a.grantee
    """,
    """
    select format('table %s policy "%s" %s %s to %s using %s check %s', tablename, policyname, lower(permissive),
      lower(cmd), array_to_string(roles, ', '), coalesce(regexp_replace(qual, '\\s+', ' ', 'g'), 'none'),
      coalesce(regexp_replace(with_check, '\\s+', ' ', 'g'), 'none'))
    from pg_policies where schemaname = 'oneai'
    """,
    """
    select format('function %s owned by %s, security %s%s', p.oid::regprocedure, p.proowner::regrole,
      case when p.prosecdef then 'definer' else 'invoker' end,
      case when p.proconfig is null then '' else ', ' || array_to_string(p.proconfig, ', ') end)
    from pg_proc as p where p.pronamespace = 'oneai'::regnamespace
    """,
    """
    select format('function %s grants execute to %s', p.oid::regprocedure,
      coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC'))
    from pg_proc as p cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
    where p.pronamespace = 'oneai'::regnamespace and a.grantee <> p.proowner
    """,
    """
    select format('trigger %s on %s calls %s', t.tgname, t.tgrelid::regclass, t.tgfoid::regprocedure)
    from pg_trigger as t where not t.tgisinternal and t.tgfoid in
      (select oid from pg_proc where pronamespace = 'oneai'::regnamespace)
    """,
    """
    select format('new objects of %s in %s: %s', d.defaclrole::regrole, coalesce(n.nspname, 'any schema'), d.defaclacl)
    from pg_default_acl as d left join pg_namespace as n on n.oid = d.defaclnamespace
    """,
)


def listing(database: Database) -> list[str]:
    """The lines."""
    lines: list[Any] = [line for query in QUERIES for line in database.rows(query.replace("%", "%%"))]
    return sorted(str(line).replace("oneai.", "") for line in lines)
