"""Schemathesis over the OpenAPI document: a little of it here, all of it by `schemathesis_run.py`.

STRONGROOM_SCHEMATHESIS_CASES=200 sends so many cases to every operation.
"""

import os
import re

from conftest import Server
from schemathesis_run import PHASES, run

CASES = int(os.environ.get("STRONGROOM_SCHEMATHESIS_CASES", "3"))


def test_no_operation_fails_or_answers_what_is_not_described(binary, tmp_path):
    # A server of its own: what is generated must not meet what other tests made.
    server = Server(binary)
    try:
        phases = PHASES if CASES > 10 else "fuzzing"
        text, status = run(server.address, "root", CASES, folder=tmp_path, phases=phases)
        assert server.is_alive(), server.log_text()[-4000:]
        found = re.search(r"(\d+) generated", text)
        assert status == 0, text[-20000:]
        assert int(found[1]) >= 250 * CASES // 2, text[-3000:]
    finally:
        assert server.stop() is None
