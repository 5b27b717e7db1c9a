"""`sys/metrics` for Prometheus and as JSON."""

import http.client
import re

from blackbox_client import HELLO, TOKEN, unique

_LINE = re.compile(r'^[a-z_]+(\{([a-z]+="[^"\\]*(\\.[^"\\]*)*",?)*\})? -?[0-9.e+]+$')


def lines(api):
    connection = http.client.HTTPConnection(api.host, api.port, timeout=10)
    connection.request("GET", "/v1/sys/metrics?format=prometheus", headers={"X-Vault-Token": TOKEN})
    reply = connection.getresponse()
    assert reply.status == 200 and reply.headers["Content-Type"].startswith("text/plain"), reply
    return reply.read().decode().splitlines()


def value(text, name, **labels):
    wanted = [f'{key}="{val}"' for key, val in labels.items()]
    found = [line for line in text if line.startswith(name) and all(label in line for label in wanted)]
    return float(found[0].rsplit(" ", 1)[1]) if found else 0.0


def test_requests_are_counted_by_mount_operation_and_status(api):
    key = unique()
    api.request("POST", f"transit/keys/{key}")
    labels = {"mount": "transit/", "operation": "update"}
    before = lines(api)
    api.request("POST", f"transit/encrypt/{key}", {"plaintext": HELLO})
    api.request("POST", f"transit/encrypt/{key}", {"plaintext": "!"})
    after = lines(api)
    for status in ("2xx", "4xx"):
        count = [value(text, "strongroom_requests_total", status=status, **labels) for text in (before, after)]
        assert count[1] == count[0] + 1, (status, count)
    assert value(after, "strongroom_process_resident_memory_bytes") > 1e6
    count = value(after, "strongroom_request_duration_seconds_count")
    assert count == value(after, 'strongroom_request_duration_seconds_bucket{le="+Inf"}') > 0


def test_every_line_is_a_sample_or_tells_a_type_once(api):
    types = [line for line in lines(api) if line.startswith("#")]
    assert len(types) == len(set(types))
    for line in lines(api):
        assert line.startswith("# TYPE strongroom_") or _LINE.match(line), line


def test_json_has_the_fields_form(api):
    reply = api.request("GET", "sys/metrics")
    assert set(reply.json) == {"Timestamp", "Gauges", "Counters", "Points", "Samples"}
    assert any(metric["Name"] == "strongroom.requests_total" for metric in reply.json["Counters"])


def test_an_unknown_format_and_a_bad_token_are_refused(api):
    api.request("GET", "sys/metrics?format=xml").fails('format must be "prometheus" or "json"')
    assert api.send("GET", "/v1/sys/metrics", token="bad").status == 403
