"""The command line: one file a verb. It talks to the engine, renders progress, and starts fast.

Nothing heavy is imported here (no asyncio, aiohttp, graphql, argparse, dataclasses): a test holds that.
"""
