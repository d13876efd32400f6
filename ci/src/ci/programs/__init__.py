"""Programs that run inside containers: standard library, requirements.txt, and nothing else of this module.

They are started as `python -m ci.programs.NAME`; see ci.program.
"""
