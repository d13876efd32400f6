"""The functions about workflows: what they call, and whether two engines give the same."""

from typing import Annotated

import dagger
from dagger import Doc, function

from ci.errors import ReproductionError
from ci.functions.arguments import Source
from ci.workflows import EVENTS


class WorkflowFunctions:
    """Workflows of a code host, seen from elsewhere."""

    @function
    async def ci_local(
        self,
        source: Source,
        event: Annotated[str, Doc(f"The event: {', '.join(EVENTS)}")],
        workflow: Annotated[
            list[str] | None, Doc("Only these files of .github/workflows, such as ci.yml")
        ] = None,
        branch: Annotated[
            str, Doc("The branch that is pushed, that a pull request is for, or that runs")
        ] = "main",
        inputs: Annotated[
            list[str] | None, Doc("Inputs of workflow_dispatch, as NAME=VALUE; defaults without")
        ] = None,
    ) -> str:
        """Print what an event would call, from the workflow files, as a shell script; `.ci/local` runs it.

        What only GitHub has or knows is left out, and the script says so.
        """
        from ci.workflows import folder, local

        started = local.event(event, branch, inputs or ())
        found = await folder.read(source)
        chosen = local.selected(found.workflows, found.findings, workflow or ())
        return local.script(started, chosen)

    @function
    async def compare(
        self,
        one: Annotated[dagger.Directory, Doc("The output of one run")],
        other: Annotated[dagger.Directory, Doc("The output of the other run")],
    ) -> str:
        """Hold two outputs against each other, such as those of two engines: each file by the digest of its content.

        Fails if they differ, and says where.
        """
        from ci import outputs

        compared = await outputs.compare(one, other)
        if compared.differences:
            raise ReproductionError("the outputs differ:\n" + "\n".join(compared.differences))
        return f"{compared.files} files, the same in both\n"
