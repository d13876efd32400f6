"""Checks, generators and services."""

import dagger
from dagger import check, dag, function, generate, object_type, up


@object_type
class Docs:
    """Documents"""

    @function
    @check
    def spelling(self) -> None:
        """Words are right"""
        raise ValueError("teh")


@object_type
class Tasks:
    """The main object"""

    @function
    @check
    def passes(self) -> None:
        """Always passes"""

    @function
    def docs(self) -> Docs:
        """Return another object"""
        return Docs()

    @function
    @generate
    def lists(self) -> dagger.Changeset:
        """Makes a list"""
        before = dag.directory()
        return before.with_new_file("list.txt", "a\n").changes(before)

    @function
    @up
    def web(self) -> dagger.Service:
        """Serves HTTP"""
        return dag.container().with_exposed_port(8080).as_service(args=["server"])

    @function
    async def given(self, workspace: dagger.Workspace, path: str) -> str:
        """Read a file of the workspace that the engine gives"""
        return await workspace.file(path).contents()

    @function
    async def own(self) -> list[str]:
        """Name the module's generators, and what the workspace says"""
        found = await dag.current_module().generators().list_()
        text = await dag.current_workspace().file("notes.txt").contents()
        return [*[await generator.name() for generator in found], text]
