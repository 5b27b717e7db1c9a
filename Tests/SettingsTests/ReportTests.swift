import Bytes
import HCL
import Settings
import TestAids
import Testing

@Suite("What operators and clients see of settings")
struct ReportTests {
    @Test("The report is a table, the warnings, the errors and a verdict")
    func report() throws {
        let loaded = try load(
            "ui = \"true\"\nlistener \"tcp\" { tls_disable = 1 }\nstorage \"inmem\" {}\nuu = 1",
            environment: ["VAULT_LOG_LEVEL": "debug"])
        #expect(
            loaded.report == """
                setting                  value  from
                listener[1]              tcp    a.hcl:2:1
                listener[1].tls_disable  true   a.hcl:2:32
                storage                  inmem  a.hcl:3:1
                log_level                debug  environment variable VAULT_LOG_LEVEL
                ui                       true   a.hcl:1:6

                warning: a.hcl:1:1: ui has no effect in Strongroom
                warning: a.hcl:4:1: uu is not known
                The configuration is valid; 2 warnings.

                """)
        #expect(
            try load(least + "ui = 5").report.hasSuffix(
                "error: a.hcl:3:6: ui: expected true or false, found a number\n"
                    + "The configuration is not valid: 1 error, no warnings.\n"))
    }

    @Test("The sanitized view names everything and holds no secrets")
    func sanitized() throws {
        let loaded = try load(
            """
            listener "tcp" { tls_cert_file = "c" tls_key_file = "k" }
            listener "unix" { address = "/s" }
            storage "postgresql" { connection_url = "postgresql://u:hunter2@h/db" }
            seal "transit" { address = "https://h" token = "hunter2" key_name = "k" }
            audit "file" "log" { options { secret = "hunter2" } }
            """)
        let settings = try #require(loaded.settings)
        let text = settings.sanitized.text
        #expect(!text.contains("hunter2"))
        #expect(
            text == #"{"api_addr":"","audits":[{"path":"log","type":"file"}],"cache_size":131072,"cluster_addr":"","#
                + #""cluster_name":"","default_lease_ttl":2764800,"default_max_request_duration":0,"#
                + #""disable_cache":false,"#
                + #""disable_clustering":false,"disable_indexing":false,"disable_mlock":false,"#
                + #""disable_performance_standby":false,"disable_printable_check":false,"disable_sealwrap":false,"#
                + #""enable_response_header_hostname":false,"enable_ui":false,"introspection_endpoint":false,"#
                + #""listeners":[{"config":{"address":"127.0.0.1:8200","tls_cert_file":"c","tls_disable":false,"#
                + #""tls_key_file":"k","tls_max_version":"tls13","tls_min_version":"tls13"},"type":"tcp"},"#
                + #"{"config":{"address":"/s"},"type":"unix"}],"log_format":"standard","log_level":"info","#
                + #""max_json_depth":300,"max_lease_ttl":2764800,"max_request_size":33554432,"pid_file":"","#
                + #""plugin_directory":"","raw_storage_endpoint":false,"seals":[{"disabled":false,"type":"transit"}],"#
                + #""storage":{"disable_clustering":false,"type":"postgresql"},"telemetry":{"disable_hostname":false,"#
                + #""enable_hostname_label":false,"filter_default":true,"maximum_gauge_cardinality":500,"#
                + #""metrics_prefix":"","prefix_filter":[],"prometheus_retention_time":86400,"#
                + #""usage_gauge_period":600}}"#
        )
        #expect(settings.description == text)
    }

    @Test("Settings in JSON are the same settings")
    func json() throws {
        let native = try load(
            """
            listener "tcp" { address = "127.0.0.1:1" tls_disable = true
              telemetry { unauthenticated_metrics_access = true } }
            listener "unix" { address = "/s" }
            storage "sqlite" { path = "p" }
            seal "shamir" {}
            telemetry { usage_gauge_period = "5m" }
            """)
        let json = try load(
            """
            {"listener": [{"tcp": {"address": "127.0.0.1:1", "tls_disable": "true",
              "telemetry": {"unauthenticated_metrics_access": true}}}, {"unix": {"address": "/s"}}],
             "storage": {"sqlite": {"path": "p"}}, "seal": [{"shamir": {}}], "ui": null,
             "telemetry": [{"usage_gauge_period": 300}]}
            """)
        #expect(native.messages + json.messages + native.remarks + json.remarks == [])
        #expect(native.settings?.description == json.settings?.description)
        #expect(json.settings?.listeners.first?.offersMetricsWithoutToken == true)
    }

    @Test("Noise in settings is an error or a warning and never traps", arguments: Seeds.all)
    func noise(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let keys = [
            "ui", "listener", "storage", "seal", "telemetry", "api_addr", "address", "path", "token", "audit", "tcp",
            "log_level",
            "disabled", "socket_mode", "max_lease_ttl", "current_key", "tls_cipher_suites", "connection_url",
        ]
        let values = [
            "1", "-1", "1e300", "9223372036854775807", "true", "\"\"", "\"h:1\"", "\"999999999999h\"", "[]", "[[1]]",
            "{}", "{ tcp = {} }",
            "\"é\"", "\"env://\"", "\"file://\"", "\"file:///\"", "\"1ns\"", "-0.0",
        ]
        var valid = 0
        for _ in 0..<400 {
            var text = random.oneIn(2) ? least : ""
            for _ in 0..<random.int(1...4) {
                let key = random.pick(keys)
                switch random.int(0...2) {
                case 0: text += "\(key) = \(random.pick(values))\n"
                case 1: text += "\(key) \(random.pick(keys)) { \(random.pick(keys)) = \(random.pick(values)) }\n"
                default:
                    let type = random.pick(["tcp", "unix", "transit", "static", "file", "postgresql"])
                    text += "\(key) \"\(type)\" { \(random.pick(keys)) = \(random.pick(values)) }\n"
                }
            }
            let loaded = try load(text)
            #expect((loaded.settings == nil) == !loaded.errors.isEmpty)
            #expect(!loaded.report.isEmpty)
            if loaded.isValid { valid += 1 }
        }
        #expect(valid > 0)
    }
}
