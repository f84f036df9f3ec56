"""What a deployment meets: the stand-ins for `sam`, `aws` and `supabase` on PATH, and what they keep."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy import release, smoke
from tests.canaries import CANARY
from tests.deploy import stand_in
from tests.deploy.transformed import functions

PARAMETERS = {
    "SupabaseUrl": "https://abcdefgh.supabase.co",
    "SiteUrl": "https://app.oneai.example",
    "MailFrom": "mail@oneai.example",
    "CorsOrigins": "https://app.oneai.example",
    "DeploymentType": "Canary10Percent5Minutes",
    "SellerName": "Asha and Ravi Private Limited",
}
SECRETS = {"DATABASE_URL": f"postgresql://oneai_app.abcdefgh:{CANARY}@host:6543/postgres", "OPENROUTER_API_KEY": CANARY}


class Cloud:
    """The stand-ins of one test."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._file = folder / "state.json"
        self.config = folder / "samconfig.toml"
        programs = folder / "bin"
        programs.mkdir(parents=True)
        for name in stand_in.PROGRAMS:
            script = programs / name
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "{stand_in.__file__}" {name} "$@"\n')
            script.chmod(0o755)
        code = {name: each["Properties"]["CodeUri"] for name, each in functions().items()}
        self._write(
            faults={}, stack=None, template="", secrets={}, outputs={}, functions=code, migrated=False,
            status_after_fault="UPDATE_ROLLBACK_COMPLETE",
        )  # fmt: skip
        self.configure()
        for name, value in {
            "PATH": f"{programs}:/usr/bin:/bin",
            "STAND_INS": str(folder),
            "CONFIG": str(self.config),
            "ONEAI_DATA": str(folder / "data"),
            "ONEAI_ENV_FILE": str(folder / "no-such-file"),
            "SUPABASE_DB_PASSWORD": CANARY,
        }.items():
            patch.setenv(name, value)
        for name in ("SECRETS", "SUPABASE_PROJECT_REF", "SMOKE_EMAIL"):
            patch.delenv(name, raising=False)
        patch.setattr(smoke, "ATTEMPTS", 1)
        patch.setattr(release, "BUILD", folder / "build")

    def configure(self, **parameters: str) -> None:
        """Writes samconfig.toml with the stage `staging`; an empty value leaves a parameter out."""
        values = {name: value for name, value in (PARAMETERS | parameters).items() if value}
        lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items())
        self.config.write_text(
            "version = 0.1\n[staging.global.parameters]\nstack_name = 'oneai-staging'\nregion = 'ap-south-1'\n"
            "[staging.deploy.parameters]\nresolve_s3 = true\n"
            f"[staging.deploy.parameters.parameter_overrides]\n{lines}\n"
        )

    def deployed_before(self, api_url: str, secrets: dict[str, str] | None = None) -> None:
        """Lets there be a stack whose API is at `api_url`, with these keys in its secret."""
        arns = {name: stand_in.ARN + name for name in ("SecretArn", "SupabaseSecretArn")}
        outputs = {"ApiUrl": api_url, **arns}
        keys = SECRETS if secrets is None else secrets
        self._write(
            outputs={"ApiUrl": api_url},
            template="the version before",
            secrets={arns["SecretArn"]: json.dumps(keys), arns["SupabaseSecretArn"]: "{}"},
            stack={
                "StackStatus": "UPDATE_COMPLETE",
                "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()],
                "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in PARAMETERS.items()],
            },
        )

    def fail(self, words: str, reason: str = "it failed") -> None:
        """Lets every call fail that has all these words."""
        self._write(faults=self.state["faults"] | {words: reason})

    def set(self, **values: Any) -> None:
        """Changes the state."""
        self._write(**values)

    @property
    def state(self) -> dict[str, Any]:
        """What the stand-ins keep."""
        state: dict[str, Any] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return state

    @property
    def secrets(self) -> dict[str, str]:
        """The values of all secrets."""
        return {name: value for text in self.state["secrets"].values() for name, value in json.loads(text).items()}

    @property
    def calls(self) -> list[str]:
        """What was called, in order, in one line each."""
        file = self.folder / "calls"
        return [" ".join(json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []

    def changes(self) -> list[str]:
        """The calls that change something, by their first words."""
        changing = ("supabase db push", "sam deploy", "aws secretsmanager put-secret-value")
        looks = ("--dry-run", "--no-execute-changeset")
        made = [call for call in self.calls if not any(option in call for option in looks)]
        return [name for call in made for name in changing if call.startswith(name)]

    def _write(self, **values: Any) -> None:
        self._file.write_text(json.dumps(self.state | values))
