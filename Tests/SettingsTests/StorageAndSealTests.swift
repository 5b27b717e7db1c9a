import Bytes
import Settings
import Testing

@Suite("Storage and seals")
struct StorageAndSealTests {
    private static let listener = "listener \"tcp\" { tls_disable = 1 }\n"

    @Test("Every type of storage is read")
    func storage() throws {
        guard
            case .sqlite("/d/s.db") = try load(Self.listener + "storage \"sqlite\" { path = \"/d/s.db\" }").settings?
                .storage,
            case .file("/d") = try load(Self.listener + "storage \"file\" { path = \"/d\" }").settings?.storage
        else {
            Issue.record("another storage")
            return
        }
        let loaded = try load(
            Self.listener + "storage \"inmem\" {}\n" + """
                ha_storage "postgresql" {
                  connection_url = "postgresql://u:hunter2@h/db" table = "s.kv" ha_table = "locks" ha_enabled = "true"
                  max_parallel = "8" max_idle_connections = 2
                }
                """)
        #expect(loaded.messages + loaded.remarks == [])
        guard case .postgresql(let settings) = loaded.settings?.highAvailabilityStorage else {
            Issue.record("another storage")
            return
        }
        #expect(settings.connectionURL.exposing { $0.string } == "postgresql://u:hunter2@h/db")
        #expect([settings.table, settings.lockTable] == ["s.kv", "locks"])
        #expect(settings.isHighlyAvailable)
        #expect(settings.maxConnections == 8)
        #expect(settings.maxIdleConnections == 2)
        #expect(!"\(loaded)\(settings)".contains("hunter2"))
    }

    @Test("The connection string may come from the environment")
    func connection() throws {
        let loaded = try load(
            Self.listener + "storage \"postgresql\" {}", environment: ["VAULT_PG_CONNECTION_URL": "host=h user=u"])
        #expect(loaded.messages == [])
        guard case .postgresql(let settings) = loaded.settings?.storage else {
            Issue.record("another storage")
            return
        }
        #expect(settings.connectionURL.exposing { $0.string } == "host=h user=u")
    }

    @Test(
        "Wrong storage is an error with its place and what was expected",
        arguments: [
            ("storage \"sqlite\" {}", "a.hcl:2:1: storage.path is missing: the file of the database"),
            ("storage \"file\" {}", "a.hcl:2:1: storage.path is missing: the folder of the files"),
            (
                "storage \"file\" { path = 5.5 }",
                "a.hcl:2:25: storage.path: expected the path of a file, found a number"
            ),
            (
                "storage \"consul\" {}",
                "a.hcl:2:1: storage: expected the type \"inmem\", \"sqlite\", \"file\" or \"postgresql\""
            ),
            (
                "storage = \"inmem\"",
                "a.hcl:2:1: storage: expected storage \"type\" { … } with the type \"inmem\", \"sqlite\", "
                    + "\"file\" or \"postgresql\""
            ),
            (
                "storage \"inmem\" {}\nstorage \"file\" { path = \"x\" }",
                "a.hcl:3:1: storage is there twice; first at a.hcl:2:1"
            ),
            (
                "storage \"inmem\" {}\nha_storage \"file\" { path = \"x\" }",
                "a.hcl:3:1: ha_storage: expected the type \"postgresql\""
            ),
            (
                "storage \"postgresql\" {}",
                "a.hcl:2:1: storage.connection_url is missing: a connection string such as "
                    + "\"postgresql://user@host:5432/database\""
            ),
            (
                "storage \"postgresql\" { connection_url = \"hunter2\" }",
                "a.hcl:2:41: storage.connection_url: expected a connection string such as "
                    + "\"postgresql://user@host:5432/database\""
            ),
            (
                "storage \"postgresql\" { connection_url = \"a=b\" table = \"x;y\" }",
                "a.hcl:2:55: storage.table: expected the name of a table: letters, digits, \"_\" and a schema "
                    + "before a \".\""
            ),
        ])
    func wrongStorage(_ text: String, _ message: String) throws {
        #expect(try load(Self.listener + text).messages == [message])
    }

    private static let transit =
        "seal \"transit\" { address = \"https://h:8200\" token = \"hunter2\" key_name = \"k\" mount_path = \"t\" "

    @Test("A transit seal is read, and the environment wins")
    func transitSeal() throws {
        let text = least + Self.transit + "namespace = \"ns/\" tls_ca_cert = \"ca\" disable_renewal = \"true\" }"
        let loaded = try load(text)
        #expect(loaded.messages + loaded.remarks == [])
        guard case .transit(let seal) = loaded.settings?.seals.first?.kind else {
            Issue.record("another seal")
            return
        }
        #expect([seal.address, seal.keyName, seal.mountPath] == ["https://h:8200", "k", "t/"])
        #expect(seal.token?.exposing { $0.string } == "hunter2")
        #expect(seal.disablesRenewal && !seal.skipsVerification)
        #expect([seal.namespace, seal.authoritiesFile] == ["ns/", "ca"])
        #expect(!"\(loaded)\(seal)\(loaded.report)".contains("hunter2"))
        let environment = [
            "VAULT_ADDR": "http://field", "VAULT_TOKEN": "field", "STRONGROOM_TOKEN": "house",
            "VAULT_TRANSIT_SEAL_KEY_NAME": "other",
        ]
        guard case .transit(let other) = try load(text, environment: environment).settings?.seals.first?.kind else {
            Issue.record("another seal")
            return
        }
        #expect(other.address == "http://field")
        #expect(other.token?.exposing { $0.string } == "house")
        #expect(other.keyName == "other")
    }

    @Test("During a migration one seal is disabled, and the environment speaks for the other")
    func migration() throws {
        let text = least + Self.transit + "disabled = \"true\" }\n" + Self.transit + "}"
        let loaded = try load(text, environment: ["VAULT_ADDR": "http://field"])
        #expect(loaded.messages == [])
        let seals = try #require(loaded.settings?.seals)
        #expect(seals.map(\.isDisabled) == [true, false])
        let addresses = seals.map { seal in
            if case .transit(let transit) = seal.kind { transit.address } else { "" }
        }
        #expect(addresses == ["https://h:8200", "http://field"])
        #expect(try load(least + "seal \"shamir\" {}").settings?.seals.first?.type == "shamir")
    }

    @Test(
        "Wrong seals are errors with their place and what was expected",
        arguments: [
            ("seal \"awskms\" {}", ["a.hcl:3:1: seal: expected the type \"shamir\", \"transit\" or \"static\""]),
            (
                "seal {}",
                ["a.hcl:3:1: seal: expected seal \"type\" { … } with the type \"shamir\", \"transit\" or \"static\""]
            ),
            (
                "seal \"shamir\" {}\nseal \"shamir\" {}",
                ["a.hcl:4:1: of two seal stanzas, the one to migrate from has disabled = true, and only that one"]
            ),
            (
                "seal \"transit\" { token = \"t\" }",
                [
                    "a.hcl:3:1: seal[1].address is missing: the URL of the server with the transit engine",
                    "a.hcl:3:1: seal[1].key_name is missing: the name of the key in the transit engine",
                ]
            ),
            (
                transit + "tls_client_cert = \"c\" }",
                ["a.hcl:3:1: seal[1].tls_client_cert and tls_client_key go together"]
            ),
            (
                "seal \"transit\" { address = \"h\" token = 5 key_name = \"a b\" }",
                [
                    "a.hcl:3:28: seal[1].address: expected a URL such as \"https://vault.example.com:8200\"",
                    "a.hcl:3:53: seal[1].key_name: expected the name of a key",
                    "a.hcl:3:40: seal[1].token: expected a token, found a number",
                ]
            ),
            (
                "seal \"static\" {}",
                [
                    "a.hcl:3:1: seal[1].current_key_id is missing: a name for the key",
                    "a.hcl:3:1: seal[1].current_key is missing: a key of 32 bytes, in hexadecimal or base64, or "
                        + "where it is: file://… or env://…",
                ]
            ),
            (
                "seal \"static\" { current_key_id = \"a\" current_key = \"hunter2\" }",
                [
                    "a.hcl:3:52: seal[1].current_key: expected a key of 32 bytes, in hexadecimal or base64, or "
                        + "where it is: file://… or env://…"
                ]
            ),
            (
                "seal \"static\" { current_key_id = \"a\" current_key = \"0123456789abcdef0123456789abcdef\" "
                    + "previous_key_id = \"a\" }",
                [
                    "a.hcl:3:1: seal[1].previous_key and previous_key_id go together",
                    "a.hcl:3:87: seal[1].previous_key_id is the same as current_key_id",
                ]
            ),
        ] as [(String, [String])])
    func wrongSeals(_ text: String, _ messages: [String]) throws {
        #expect(try load(least + text).messages == messages)
    }

    @Test("Dangers of a transit seal are warnings")
    func dangers() throws {
        let loaded = try load(
            least + "seal \"transit\" { address = \"http://h\" key_name = \"k\" tls_skip_verify = true }")
        #expect(loaded.messages == [])
        #expect(
            loaded.remarks == [
                "a.hcl:3:1: seal[1].token is not set; requests to the other server carry no token",
                "a.hcl:3:54: seal[1].tls_skip_verify: whoever stands between can read the root key",
            ])
    }
}
