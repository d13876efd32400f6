"""A call is answered once."""

import json

import pytest

from portable_dagger.errors import ExecError, FunctionError, QueryError
from portable_dagger.modules.call import Call, Error, ErrorValue
from portable_dagger.modules.process import failure


def test_one_answer_only() -> None:
    call = Call()
    call.answer("null")
    with pytest.raises(QueryError, match="answered already"):
        call.fail(Error("late"))
    assert call.error is None


def test_failed_command_stays_one() -> None:
    details = {
        "_type": "EXEC_ERROR",
        "cmd": ["sh"],
        "exitCode": 3,
        "stdout": "out",
        "stderr": "err",
    }
    values = tuple(ErrorValue(name, json.dumps(value)) for name, value in details.items())
    error = failure(Error("exit code: 3", values))
    assert isinstance(error, ExecError)
    assert (error.cmd, error.exit_code, error.stdout, error.stderr) == (["sh"], 3, "out", "err")


def test_other_errors_keep_their_details() -> None:
    error = failure(Error("FunctionError: no", (ErrorValue("exception.type", '"ValueError"'),)))
    assert isinstance(error, FunctionError)
    assert (str(error), error.exit_code) == ("FunctionError: no", 1)
    assert error.values == {"exception.type": "ValueError"}
