"""KV version 2 against a simple model, over a durable server that is killed now and then.

STRONGROOM_KV_STEPS sets how many operations there are, STRONGROOM_SEED which; the figure of the release is 100,000.
"""

import os

from kv_storm import Storm

STEPS = int(os.environ.get("STRONGROOM_KV_STEPS", "700"))
SEED = int(os.environ.get("STRONGROOM_SEED", "20261127"))


def test_random_operations_have_the_outcome_that_the_model_says_also_across_kills(binary, tmp_path):
    storm = Storm(binary, tmp_path, SEED)
    try:
        storm.run(STEPS, max(STEPS // 200, 150))
    finally:
        storm.server.stop()
    assert storm.differences == [], f"seed {SEED}: {storm.differences[:5]}"
    assert storm.steps == STEPS and storm.kills > 0
