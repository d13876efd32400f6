from __future__ import annotations

from ci.layer import LayerPlan


def test_a_plan_is_the_arguments_of_the_packer() -> None:
    assert LayerPlan("x", "/opt/x", without=("*.pyc", "*/tests")).arguments() == [
        "--root=/root-of-layer",
        "--output=/layer",
        "--prefix=/opt/x",
        "--plain",
        "--without=*.pyc",
        "--without=*/tests",
    ]
    assert "--plain" not in LayerPlan("system", plain=False).arguments()
