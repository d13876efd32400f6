"""The functions that publish images, and hold published ones against what is trusted."""

from typing import Annotated

import dagger
from dagger import Doc

from ci.functions.arguments import LOCAL_BUILDER, Auth, Feed, Repository, Services, Source, uncached
from ci.matrix import ALL


class PublicationFunctions:
    """Images: published, and verified."""

    @uncached
    async def publish(
        self,
        git: Repository,
        registry: Annotated[list[str], Doc("Repositories to publish to, as HOST/NAME")],
        service: Services = None,
        auth: Auth = None,
        feed: Feed = None,
        key: Annotated[dagger.Secret | None, Doc("The private key that signs")] = None,
        key_password: Annotated[dagger.Secret | None, Doc("The password of the key")] = None,
        identity_token: Annotated[
            dagger.Secret | None, Doc("An OpenID Connect token that signs, instead of a key")
        ] = None,
        builder: Annotated[str, Doc("Who builds, as provenance says it")] = LOCAL_BUILDER,
    ) -> list[str]:
        """Publish the images of the repository's HEAD, signed and described, and give their references with digests.

        All registries get everything, or none is tagged. Nothing is pushed if the suite or an image is not fit.
        """
        from ci import publication, registries, suites
        from ci.signature import Signer
        from ci.together import both

        source = git.head().tree(discard_git_dir=True)
        signer = Signer(key, key_password, identity_token)
        reach = await registries.reach(registry, service or (), auth)
        order = publication.Order(reach, signer, builder)
        described, _ = await both(order.described(git, source, feed), suites.passed(source, ALL))
        return await order.publish(described)

    @uncached
    async def verify(
        self,
        source: Source,
        reference: Annotated[
            str, Doc("The image, as HOST/NAME:TAG or HOST/NAME@DIGEST; in a layout, its name there")
        ] = "",
        layout: Annotated[
            dagger.Directory | None,
            Doc("An OCI layout that holds the image, instead of a registry"),
        ] = None,
        service: Services = None,
        auth: Auth = None,
        key: Annotated[dagger.File | None, Doc("The public key whose signatures count")] = None,
        identity: Annotated[str, Doc("Whose signatures count, instead of a key")] = "",
        issuer: Annotated[str, Doc("Who vouches for the identity")] = "",
        expect_source: Annotated[str, Doc("The source that provenance has to name")] = "",
        expect_commit: Annotated[str, Doc("The commit that provenance has to name")] = "",
        expect_builder: Annotated[str, Doc("The builder that provenance has to name")] = "",
    ) -> str:
        """Check an image's signatures, provenance, bills of materials and scan, and print a line for each.

        Every blob is held against its digest. Fails, with the reasons, if the image is not to be trusted.
        """
        from ci import registries, scan, verification
        from ci.policy import Policy, judge

        trust = verification.Trust(key, identity, issuer)
        if layout is None:
            name, tag = verification.split(reference)
            reach = await registries.reach([name], service or (), auth)
            layout = await verification.fetch(reach, tag)
            reference = ""
        found = await verification.report(layout, reference, trust)
        policy = await scan.policy(source)
        expected = Policy(policy.faults, expect_source, expect_commit, expect_builder)
        return verification.verdict(found, judge(found, expected))
