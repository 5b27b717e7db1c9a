import Bytes
import Foundation
import HCL
import Settings
import TestAids
import Testing
import Vocabulary

@Suite("Files, environment and flags")
struct LoadTests {
    @Test("The least configuration is valid and has the defaults")
    func defaults() throws {
        let loaded = try load(least)
        #expect(loaded.messages == [])
        #expect(loaded.remarks == [])
        let settings = try #require(loaded.settings)
        #expect(settings.listeners.count == 1)
        #expect(settings.listeners[0].endpoint == .tcp(try #require(NetworkAddress("127.0.0.1:8200"))))
        #expect(settings.listeners[0].clusterAddress?.description == "127.0.0.1:8201")
        #expect(settings.storage.type == "inmem")
        #expect(settings.seals.isEmpty)
        #expect(settings.defaultLeaseSeconds == 2_764_800)
        #expect(settings.logLevel == .info)
        #expect(settings.telemetry == TelemetrySettings())
    }

    @Test("The configuration of client test-beds is taken, with backend for storage")
    func testBeds() throws {
        let loaded = try load(
            #"{"backend": {"inmem": {}}, "listener": {"tcp": {"tls_cert_file": "rel/path.pem", "#
                + #""tls_key_file": "rel/path.pem", "address": "127.0.0.1:57945"}}, "disable_mlock": true, "#
                + #""default_lease_ttl": "768h", "max_lease_ttl": "768h"}"#)
        #expect(loaded.messages + loaded.remarks == [])
        let settings = try #require(loaded.settings)
        #expect(settings.disablesMemoryLock)
        #expect(
            settings.listeners[0].tls == TLSSettings(certificateFile: "rel/path.pem", keyFile: "rel/path.pem"))
    }

    @Test("Every general setting is read, quoted or not")
    func general() throws {
        let loaded = try load(
            least + """
                api_addr = "https://vault.example.com:8200/"
                cluster_addr = "https://[::1]:8201"
                cluster_name = "east"
                default_lease_ttl = 3600
                max_lease_ttl = "48h"
                log_level = "WARNING"
                log_format = "json"
                log_file = "/var/log/s.log"
                log_rotate_duration = "24h"
                log_rotate_bytes = "1000"
                log_rotate_max_files = 3
                disable_mlock = "true"
                disable_cache = 1
                cache_size = "5000"
                ui = true
                pid_file = "/run/s.pid"
                raw_storage_endpoint = "t"
                introspection_endpoint = true
                enable_response_header_hostname = true
                max_json_depth = 50
                max_body_bytes = 4096
                max_header_size = 8192
                telemetry { prometheus_retention_time = "30s" disable_hostname = true prefix_filter = ["+a", "-b"] }
                """)
        #expect(loaded.messages == [])
        // What is asked for and not there is said.
        let idle = [
            "disable_cache", "enable_response_header_hostname", "introspection_endpoint", "raw_storage_endpoint", "ui",
        ]
        let remarks = loaded.remarks.map { $0.components(separatedBy: ": ").last }
        #expect(remarks == idle.map { $0 + " has no effect in Strongroom" })
        let settings = try #require(loaded.settings)
        #expect(settings.apiAddress == "https://vault.example.com:8200")
        #expect(settings.clusterAddress == "https://[::1]:8201")
        #expect(settings.clusterName == "east")
        #expect(settings.defaultLeaseSeconds == 3600)
        #expect(settings.maxLeaseSeconds == 172_800)
        #expect(settings.logLevel == .warn)
        #expect(settings.logFormat == .json)
        #expect(settings.logFile == "/var/log/s.log")
        #expect(settings.logRotateSeconds == 86400)
        #expect(settings.logRotateBytes == 1000)
        #expect(settings.logRotateFiles == 3)
        #expect(settings.disablesMemoryLock && settings.disablesCache && settings.offersUI)
        #expect(settings.cacheEntries == 5000)
        #expect(settings.pidFile == "/run/s.pid")
        #expect(settings.offersRawStorage && settings.offersIntrospection && settings.namesHostInHeader)
        #expect(settings.limits.maxJSONDepth == 50)
        #expect(settings.listeners[0].limits.maxRequestBytes == 4096)
        #expect(settings.listeners[0].limits.maxHeaderBytes == 8192)
        #expect(settings.telemetry.prometheusRetentionSeconds == 30)
        #expect(settings.telemetry.prefixFilter == ["+a", "-b"])
    }

    @Test(
        "Wrong values are errors with their place and what was expected",
        arguments: [
            ("ui = \"yes\"", "a.hcl:3:6: ui: expected true or false"),
            ("ui = 2", "a.hcl:3:6: ui: expected true or false, found a number"),
            ("ui {}", "a.hcl:3:1: ui: expected true or false, found a block"),
            (
                "default_lease_ttl = \"5 minutes\"",
                "a.hcl:3:21: default_lease_ttl: expected a duration such as \"30s\", \"1h30m\" or a number of seconds"
            ),
            (
                "max_lease_ttl = [1]",
                "a.hcl:3:17: max_lease_ttl: expected a duration such as \"30s\", \"1h30m\" or a number of "
                    + "seconds, found a list"
            ),
            (
                "default_lease_ttl = \"2h\"\nmax_lease_ttl = \"1h\"",
                "a.hcl:3:1: default_lease_ttl is longer than max_lease_ttl"
            ),
            (
                "log_level = \"loud\"",
                "a.hcl:3:13: log_level: expected \"trace\", \"debug\", \"info\", \"warn\" or \"error\""
            ),
            ("log_format = true", "a.hcl:3:14: log_format: expected \"standard\" or \"json\", found true or false"),
            (
                "api_addr = \"vault.example.com\"",
                "a.hcl:3:12: api_addr: expected a URL such as \"https://vault.example.com:8200\""
            ),
            (
                "api_addr = \"https://u:p@h:1\"",
                "a.hcl:3:12: api_addr: expected a URL such as \"https://vault.example.com:8200\""
            ),
            ("cache_size = -2", "a.hcl:3:14: cache_size: expected a whole number from -1 to 100000000, found a number"),
            ("max_json_depth = \"x\"", "a.hcl:3:18: max_json_depth: expected a whole number from 1 to 1024"),
            ("cluster_name = \"\"", "a.hcl:3:16: cluster_name: expected a name of at most 128 printable characters"),
            ("pid_file = \"\"", "a.hcl:3:12: pid_file: expected the path of a file"),
            ("ui = true\nui = true", "a.hcl:4:1: ui is there twice; first at a.hcl:3:1"),
            ("telemetry {}\ntelemetry {}", "a.hcl:4:1: telemetry is there twice; first at a.hcl:3:1"),
            ("telemetry = 1", "a.hcl:3:1: telemetry: expected telemetry { … }"),
            (
                "telemetry { filter_default = 5 }",
                "a.hcl:3:30: telemetry.filter_default: expected true or false, found a number"
            ),
            (
                "telemetry { prefix_filter = [\"a\"] }",
                "a.hcl:3:29: telemetry.prefix_filter: expected prefixes that begin with \"+\" or \"-\", found a list"
            ),
            ("audit \"file\" {}", "a.hcl:3:1: audit: expected audit \"type\" \"path\" { … }"),
            (
                "max_body_bytes = 1\nmax_request_size = 1",
                "a.hcl:3:1: max_body_bytes and max_request_size are the same setting: give one of them"
            ),
        ])
    func wrong(_ text: String, _ message: String) throws {
        let loaded = try load(least + text)
        #expect(loaded.messages == [message])
        #expect(loaded.settings == nil)
    }

    @Test(
        "What is unknown or without effect is a warning",
        arguments: [
            ("log_levle = 1", "a.hcl:3:1: log_levle is not known; did you mean log_level?"),
            ("Storag \"x\" {}", "a.hcl:3:1: Storag is not known; did you mean storage?"),
            ("nonsense = 1", "a.hcl:3:1: nonsense is not known"),
            ("\"a\\nb\" = 1", "a.hcl:3:1: a?b is not known"),
            ("plugin_directory = \"/p\"", "a.hcl:3:1: plugin_directory has no effect in Strongroom"),
            ("disable_clustering = true", "a.hcl:3:1: disable_clustering has no effect in Strongroom"),
            ("service_registration \"consul\" {}", "a.hcl:3:1: service_registration has no effect in Strongroom"),
            (
                "telemetry { statsd_address = \"x\" }",
                "a.hcl:3:13: telemetry.statsd_address has no effect in Strongroom"
            ),
            (
                "telemetry { disable_hostnam = true }",
                "a.hcl:3:13: telemetry.disable_hostnam is not known; did you mean disable_hostname?"
            ),
            ("cache_size = 0", "a.hcl:3:1: cache_size: no limit at all is not offered; the default holds"),
        ])
    func odd(_ text: String, _ remark: String) throws {
        let loaded = try load(least + text)
        #expect(loaded.messages == [])
        #expect(loaded.remarks == [remark])
        #expect(loaded.settings != nil)
    }

    @Test("All errors are collected, and notices past a hundred are counted")
    func collected() throws {
        let loaded = try load("ui = 5\nlog_level = 1\nstorage \"raft\" {}\nlistener \"udp\" {}")
        #expect(
            loaded.messages == [
                "a.hcl:4:1: listener: expected the type \"tcp\" or \"unix\"",
                "a.hcl:3:1: storage: expected the type \"inmem\", \"sqlite\", \"file\" or \"postgresql\"",
                "a.hcl:2:13: log_level: expected \"trace\", \"debug\", \"info\", \"warn\" or \"error\", found a number",
                "a.hcl:1:6: ui: expected true or false, found a number",
            ])
        let many = try load(
            least + (0..<250).map { "x\($0) = 1\n" }.joined() + String(repeating: "ui = 1\n", count: 150))
        #expect(many.warnings.count == 101)
        #expect(many.remarks.last == "configuration: and 151 more")
        #expect(many.errors.count == 101)
        #expect(many.messages.last == "configuration: and 49 more")
    }

    @Test("Without listener and storage there is no server")
    func missing() throws {
        #expect(
            try load("").messages == [
                "configuration: listener is missing: a stanza listener \"tcp\" { … } or listener \"unix\" { … }",
                "configuration: storage is missing: a stanza storage \"type\" { … } with the type "
                    + "\"inmem\", \"sqlite\", \"file\" or \"postgresql\"",
            ])
    }

    @Test("Of several files, listeners add up, values are superseded, and stanzas must not repeat")
    func merging() throws {
        let loaded = try load(
            least + "log_level = \"debug\"",
            "listener \"tcp\" { address = \"127.0.0.1:1\" tls_disable = true }\nlog_level = \"error\"")
        #expect(loaded.messages == [])
        #expect(loaded.remarks == ["b.hcl:2:1: log_level replaces the value of a.hcl:3:1"])
        #expect(loaded.settings?.listeners.count == 2)
        #expect(loaded.settings?.logLevel == .error)
        #expect(
            try load(least, "storage \"inmem\" {}").messages == [
                "b.hcl:1:1: storage is there twice; first at a.hcl:2:1"
            ])
        #expect(
            try load(least, "backend \"inmem\" {}").messages
                == ["b.hcl:1:1: backend (another name of storage) is there twice; first at a.hcl:2:1"])
    }

    @Test("The environment wins over files, the house's names over the field's, and flags over all")
    func precedence() throws {
        let text = least + "api_addr = \"http://file\"\nlog_level = \"debug\"\nui = true\n"
        let field = [
            "VAULT_API_ADDR": "http://field", "VAULT_LOG_LEVEL": "trace", "VAULT_UI": "false", "VAULT_LOG_FORMAT": "",
        ]
        #expect(try load(text, environment: field).settings?.apiAddress == "http://field")
        #expect(try load(text, environment: field).settings?.offersUI == false)
        var both = field
        both["STRONGROOM_API_ADDR"] = "http://house"
        both["STRONGROOM_CLUSTER_ADDR"] = "http://house:1"
        both["STRONGROOM_DISABLE_MLOCK"] = "1"
        both["STRONGROOM_LOG_FORMAT"] = "json"
        let house = try #require(try load(text, environment: both).settings)
        #expect(house.apiAddress == "http://house")
        #expect(house.clusterAddress == "http://house:1")
        #expect(house.disablesMemoryLock)
        #expect(house.logFormat == .json)
        #expect(house.logLevel == .trace)
        let flagged = try load(text, environment: both, flags: ["log_level": "error", "api_addr": "http://flag"])
        #expect(flagged.settings?.logLevel == .error)
        #expect(flagged.settings?.apiAddress == "http://flag")
    }

    @Test("Errors name the environment variable or the flag")
    func sources() throws {
        let loaded = try load(
            least, environment: ["VAULT_LOG_LEVEL": "loud", "STRONGROOM_UI": "maybe"],
            flags: ["api_addr": "nowhere", "log_levl": "x"])
        #expect(
            loaded.messages == [
                "option -log-levl: log_levl is not known; did you mean log_level?",
                "option -api-addr: api_addr: expected a URL such as \"https://vault.example.com:8200\"",
                "environment variable VAULT_LOG_LEVEL: log_level: expected \"trace\", \"debug\", \"info\", "
                    + "\"warn\" or \"error\"",
                "environment variable STRONGROOM_UI: ui: expected true or false",
            ])
    }

    @Test("Audit stanzas are read with their options, which are never shown")
    func audits() throws {
        let loaded = try load(
            least + "audit \"file\" \"log\" { description = \"kept\"\n local = true\n "
                + "options { file_path = \"/x\"\n token = \"hunter2\"\n log_raw = true\n mode = 600 } }")
        #expect(loaded.messages + loaded.remarks == [])
        let audit = try #require(loaded.settings?.audits.first)
        #expect([audit.type, audit.path, audit.about] == ["file", "log", "kept"])
        #expect(audit.options == ["file_path": "/x", "token": "hunter2", "log_raw": "true", "mode": "600"])
        #expect(audit.isLocal)
        #expect("\(audit)" == "audit \"file\" \"log\"")
    }
}
