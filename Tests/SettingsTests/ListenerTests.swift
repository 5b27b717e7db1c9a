import Foundation
import Settings
import Testing
import Vocabulary

@Suite("Listeners")
struct ListenerTests {
    private static let files = "tls_cert_file = \"c\" tls_key_file = \"k\" "

    private func loadListener(_ text: String) throws -> LoadedSettings {
        try load("storage \"inmem\" {}\nlistener \"tcp\" { \(text) }")
    }

    @Test("Every setting of a listener is read")
    func everything() throws {
        let loaded = try loadListener(
            """
            address = "[::]:443" cluster_address = "10.0.0.1:444"
            tls_cert_file = "c" tls_key_file = "k" tls_client_ca_file = "ca"
            tls_require_and_verify_client_cert = "true" tls_min_version = "tls13" tls_max_version = "tls13"
            tls_cipher_suites = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256"
            http_read_timeout = "20s" http_read_header_timeout = 5 http_write_timeout = "500ms" http_idle_timeout = "1m"
            max_request_size = 2000 max_request_duration = "30s" max_json_depth = 9
            x_forwarded_for_authorized_addrs = "10.0.0.0/8, ::1" x_forwarded_for_hop_skips = "1"
            x_forwarded_for_reject_not_authorized = "false" x_forwarded_for_reject_not_present = false
            x_forwarded_for_client_cert_header = "X-Client-Cert"
            x_forwarded_for_client_cert_header_decoders = "url,base64,der"
            telemetry { unauthenticated_metrics_access = true }
            profiling { unauthenticated_pprof_access = "true" }
            inflight_requests_logging { unauthenticated_in_flight_requests_access = true }
            """)
        #expect(loaded.messages == [])
        #expect(
            loaded.remarks.map { $0.components(separatedBy: ": ").last } == [
                "listener[1].x_forwarded_for_client_cert_header has no effect in Strongroom",
                "listener[1].profiling has no effect in Strongroom",
            ])
        let listener = try #require(loaded.settings?.listeners.first)
        #expect(listener.endpoint == .tcp(try #require(NetworkAddress("[::]:443"))))
        #expect(listener.clusterAddress?.description == "10.0.0.1:444")
        var tls = TLSSettings(certificateFile: "c", keyFile: "k")
        tls.clientAuthoritiesFile = "ca"
        tls.requiresClientCertificate = true
        tls.minimumVersion = .tls13
        tls.cipherSuites = ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]
        #expect(listener.tls == tls)
        #expect(listener.limits.readTimeoutSeconds == 20)
        #expect(listener.limits.headTimeoutSeconds == 5)
        #expect(listener.limits.idleTimeoutSeconds == 60)
        #expect(listener.limits.maxRequestBytes == 2000)
        #expect(listener.limits.maxJSONDepth == 9)
        #expect(listener.limits.writeTimeoutSeconds == 1)
        #expect(listener.limits.maxRequestSeconds == 30)
        var forwarded = ForwardedForSettings(authorizedAddresses: ["10.0.0.0/8", "::1"])
        forwarded.hopSkips = 1
        forwarded.rejectsNotAuthorized = false
        forwarded.rejectsNotPresent = false
        #expect(listener.forwardedFor == forwarded)
        #expect(listener.forwardedCertificateHeader == "X-Client-Cert")
        #expect(listener.forwardedCertificateDecoders == ["URL", "BASE64", "DER"])
        #expect(listener.offersMetricsWithoutToken)
        #expect(listener.offersRequestsInFlightWithoutToken && !listener.disallowsMetrics)
    }

    @Test(
        "Wrong listeners are errors with their place and what was expected",
        arguments: [
            (
                "",
                [
                    "a.hcl:2:1: listener[1].tls_cert_file is missing: the file with the certificate chain, or "
                        + "tls_disable = true",
                    "a.hcl:2:1: listener[1].tls_key_file is missing: the file with the private key, or "
                        + "tls_disable = true",
                ]
            ),
            ("tls_disable = \"perhaps\" " + files, ["a.hcl:2:32: listener[1].tls_disable: expected true or false"]),
            (
                "tls_disable = 1 address = \"8200\"",
                ["a.hcl:2:44: listener[1].address: expected an address such as \"127.0.0.1:8200\" or \"[::1]:8200\""]
            ),
            (
                "tls_disable = 1 address = 8200",
                [
                    "a.hcl:2:44: listener[1].address: expected an address such as \"127.0.0.1:8200\" or "
                        + "\"[::1]:8200\", found a number"
                ]
            ),
            (
                "tls_disable = 1 address = \"1.2.3:80\"",
                ["a.hcl:2:44: listener[1].address: expected an address such as \"127.0.0.1:8200\" or \"[::1]:8200\""]
            ),
            (
                files + "tls_min_version = \"tls10\"",
                ["a.hcl:2:75: listener[1].tls_min_version: expected \"tls12\" or \"tls13\""]
            ),
            (
                files + "tls_min_version = \"tls13\" tls_max_version = \"tls12\"",
                ["a.hcl:2:83: listener[1].tls_max_version is older than tls_min_version"]
            ),
            (
                files + "tls_require_and_verify_client_cert = true",
                [
                    "a.hcl:2:1: listener[1].tls_client_ca_file is missing: the authorities that "
                        + "tls_require_and_verify_client_cert verifies with"
                ]
            ),
            (
                files
                    + "tls_client_ca_file = \"a\" tls_require_and_verify_client_cert = true "
                    + "tls_disable_client_certs = true",
                [
                    "a.hcl:2:124: listener[1].tls_disable_client_certs and tls_require_and_verify_client_cert "
                        + "exclude each other"
                ]
            ),
            (
                files + "tls_cipher_suites = \"RC4\"",
                [
                    "a.hcl:2:77: listener[1].tls_cipher_suites: expected names of cipher suites such as "
                        + "\"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\""
                ]
            ),
            (
                files + "x_forwarded_for_authorized_addrs = \"10.0.0.0/33\"",
                [
                    "a.hcl:2:92: listener[1].x_forwarded_for_authorized_addrs: expected addresses or networks "
                        + "such as \"10.0.0.0/8\", separated by commas or in a list"
                ]
            ),
            (
                files + "x_forwarded_for_client_cert_header = \"a b\"",
                ["a.hcl:2:94: listener[1].x_forwarded_for_client_cert_header: expected the name of a header"]
            ),
            (
                files + "http_idle_timeout = \"-5s\"",
                [
                    "a.hcl:2:77: listener[1].http_idle_timeout: expected a duration such as \"30s\", \"1h30m\" "
                        + "or a number of seconds"
                ]
            ),
            (files + "telemetry = 1", ["a.hcl:2:57: listener[1].telemetry: expected telemetry { … }"]),
        ] as [(String, [String])])
    func wrong(_ text: String, _ messages: [String]) throws {
        #expect(try loadListener(text).messages == messages)
    }

    @Test(
        "What an operator should know of a listener is a warning",
        arguments: [
            (
                "tls_disable = true address = \"0.0.0.0:1\"",
                ["a.hcl:2:18: listener[1].tls_disable: tokens and plaintexts cross the network unencrypted"]
            ),
            (
                files + "max_request_size = -1",
                ["a.hcl:2:57: listener[1].max_request_size: no limit at all is not offered; the default holds"]
            ),
            (files + "tls_cert = 1", ["a.hcl:2:57: listener[1].tls_cert is not known"]),
            (files + "adress = 1", ["a.hcl:2:57: listener[1].adress is not known; did you mean address?"]),
            (
                files + "proxy_protocol_behavior = \"x\"",
                ["a.hcl:2:57: listener[1].proxy_protocol_behavior has no effect in Strongroom"]
            ),
            (
                files + "tls_cipher_suites = \"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_CBC_SHA\"",
                ["a.hcl:2:57: listener[1].tls_cipher_suites: TLS_RSA_WITH_AES_128_CBC_SHA is not offered"]
            ),
            (
                files + "x_forwarded_for_hop_skips = 1",
                [
                    "a.hcl:2:57: listener[1].x_forwarded_for_hop_skips has no effect without "
                        + "x_forwarded_for_authorized_addrs"
                ]
            ),
        ] as [(String, [String])])
    func odd(_ text: String, _ remarks: [String]) throws {
        let loaded = try loadListener(text)
        #expect(loaded.messages == [])
        #expect(loaded.remarks == remarks)
    }

    @Test("Two listeners may not share an address, save that the system chooses the port")
    func shared() throws {
        func twice(_ address: String) -> String {
            "storage \"inmem\" {}\n"
                + String(repeating: "listener \"tcp\" { address = \"\(address)\" tls_disable = 1 }\n", count: 2)
        }
        #expect(try load(twice("127.0.0.1:0")).messages == [])
        #expect(
            try load(twice("127.0.0.1:1")).messages
                == ["a.hcl:3:1: listener[2].address is there twice; first at a.hcl:2:1"])
    }

    @Test("A Unix socket has a path, a mode and an owner")
    func unixSocket() throws {
        let loaded = try load(
            "storage \"inmem\" {}\nlistener \"unix\" { address = \"/run/s.sock\" socket_mode = \"660\" "
                + "socket_user = 1000 socket_group = \"vault\" tls_disable = 1 }"
        )
        #expect(loaded.messages + loaded.remarks == [])
        var socket = UnixSocketSettings(path: "/run/s.sock")
        socket.mode = 0o660
        socket.user = "1000"
        socket.group = "vault"
        #expect(loaded.settings?.listeners.first?.endpoint == .unix(socket))
        let wrong = try load(
            "storage \"inmem\" {}\nlistener \"unix\" { socket_mode = \"rw\" }\nlistener \"unix\" { address = "
                + "\"/s\" socket_mode = 660 }"
        )
        #expect(
            wrong.messages == [
                "a.hcl:2:1: listener[1].address is missing: the path of a socket of at most 107 bytes",
                "a.hcl:2:33: listener[1].socket_mode: expected permission bits in octal, such as \"0660\"",
                "a.hcl:3:48: listener[2].socket_mode: expected permission bits in octal, such as \"0660\", found "
                    + "a number",
            ])
    }

    @Test(
        "Addresses are a host and a port",
        arguments: [
            ("127.0.0.1:8200", "127.0.0.1:8200"), ("[::1]:0", "[::1]:0"), (":80", "0.0.0.0:80"),
            ("h-1.example:65535", "h-1.example:65535"),
            ("localhost:1", "localhost:1"), ("h", nil), ("h:", nil), ("h:65536", nil), ("h:-1", nil), ("h:+1", nil),
            ("::1:80", nil),
            ("[::1]", nil), ("[h]:1", nil), ("1.2.3.4.5:1", nil), ("256.1.1.1:1", nil), ("a b:1", nil), ("-h:1", nil),
            ("h..x:1", nil),
            ("h\u{0}:1", nil), ("[::1\u{0}]:1", nil), ("h:１", nil), ("", nil), (":", nil),
            ("{{ GetPrivateIP }}:1", nil),
        ] as [(String, String?)])
    func addresses(_ text: String, _ spelled: String?) {
        #expect(NetworkAddress(text)?.description == spelled)
    }
}
