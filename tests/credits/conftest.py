"""Users and connections for the tests of credits, as those of the database have them."""

from tests.database.conftest import asha, client, clients, owner, owners, ravi

__all__ = ["asha", "client", "clients", "owner", "owners", "ravi"]
