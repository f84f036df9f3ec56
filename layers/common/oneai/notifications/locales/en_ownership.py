"""The mails about the end and the owners of a team in English. `hi_ownership.py` has the same functions in Hindi."""

from oneai.notifications import formatting
from oneai.notifications.email import EmailContent
from oneai.notifications.locales.en_plans import to
from oneai.notifications.payloads import WorkspaceDeletion, WorkspaceOwnership

LANGUAGE = "en"


def write(about: WorkspaceDeletion | WorkspaceOwnership, name: str, site: str, url: str) -> EmailContent:
    """Selects the mail for this payload."""
    match about:
        case WorkspaceDeletion(event="erased"):
            return erased(about, name, site, url)
        case WorkspaceDeletion():
            return deletion(about, name, site, url)
        case WorkspaceOwnership():
            return ownership(about, name, site, url)


def deletion(about: WorkspaceDeletion, name: str, site: str, url: str) -> EmailContent:
    """A team will be deleted: at the request, and a week before."""
    until = formatting.moment(LANGUAGE, about.at)
    team = f"“{about.workspace}”"
    first = (
        f"an owner asked us to delete your team {team} at {site}. It is closed now and will be erased on {until}."
        if about.event == "requested"
        else f"your team {team} at {site} will be erased on {until}. An owner asked for it."
    )
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your team {team} will be deleted",
        heading="Your team will be deleted",
        paragraphs=(
            to(name, first),
            "Until then you and the other owners can read it, export it and restore it. Other members no longer have "
            "access. The plan will not be charged again.",
            "After that, everything in it is erased. The law requires us to keep invoices and payments.",
        ),
        details=(("Team", about.workspace), ("Erased on", until)),
        action=("Open the team", f"{url}/settings/workspace?workspace={about.slug}"),
    )


def erased(about: WorkspaceDeletion, name: str, site: str, url: str) -> EmailContent:
    """A team was erased."""
    team = f"“{about.workspace}”"
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your team {team} was deleted",
        heading="Your team was deleted",
        paragraphs=(
            to(name, f"your team {team} at {site} was erased with its chats, documents and members."),
            "The law requires us to keep invoices and payments. Your own account and your other teams are unchanged.",
        ),
        details=(("Team", about.workspace),),
        action=("Open the app", url),
    )


def ownership(about: WorkspaceOwnership, name: str, site: str, url: str) -> EmailContent:
    """An offer to take over a team, its end, and who owns the team now."""
    team, person = f"“{about.workspace}”", f"“{about.person}”"
    at = formatting.moment(LANGUAGE, about.at)
    match about.event:
        case "offered" if about.to_receiver:
            heading = "You are asked to own a team"
            first = f"an owner of the team {team} at {site} asks you to take it over as its owner."
            second = (
                f"You can accept until {at}. An owner decides about the plan, pays for it, and can delete the team."
            )
        case "offered":
            heading = "Your team may get another owner"
            first = f"{person} was asked to take over the team {team} at {site}."
            second = f"The offer is open until {at}. An owner can withdraw it before it is accepted."
        case "accepted":
            heading = "Your team has another owner"
            first = f"{person} took over the team {team} at {site} on {at}."
            second = "The previous owner is an admin now. If this is a surprise, talk to the other owners."
        case "withdrawn":
            heading = "An offer has ended"
            first = f"you are no longer asked to take over the team {team} at {site}."
            second = "Your role in it has not changed."
        case "inherited":
            heading = "You own a team now"
            first = f"the account of the last owner of the team {team} at {site} was erased, so you are its owner now."
            second = "You can make another member an owner, or delete the team."
        case "gained":
            heading = "Your team has one more owner"
            first = f"{person} became an owner of the team {team} at {site} on {at}."
            second = "If this is a surprise, talk to the other owners. An owner can take the role away in the settings."
        case "lost":
            heading = "Your team has one owner fewer"
            first = f"{person} is no longer an owner of the team {team} at {site}, since {at}."
            second = "If this is a surprise, talk to the other owners."
    return EmailContent(
        language=LANGUAGE,
        subject=f"{heading}: {team}",
        heading=heading,
        paragraphs=(to(name, first), second),
        details=(("Team", about.workspace),),
        action=("Open the team", f"{url}/settings/team"),
    )
