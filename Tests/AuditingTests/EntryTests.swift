import Auditing
import Bytes
import EngineKit
import Foundation
import Testing
import Vocabulary

/// What a device writes.
@Suite struct EntryTests {
    private func record(
        _ entry: AuditEntry, options: [String: String] = [:], headers: [AuditedHeader] = []
    ) async throws -> (lines: [[String: Any]], text: String, hash: (String) throws -> String) {
        let folder = try Folder()
        let broker = AuditBroker()
        try await broker.enable(fileWish(folder, "f", options))
        for header in headers { try await broker.setHeader(header) }
        let ticket = broker.record(entry)
        #expect(await broker.isRecorded(ticket))
        let text = try String(contentsOfFile: folder.path("f"), encoding: .utf8)
        return (folder.entries("f"), text, { try broker.hash(lasting($0), for: "f") })
    }

    private func object(_ value: Any?) throws -> [String: Any] { try #require(value as? [String: Any]) }

    @Test func `strings and numbers are hashed, names, booleans and nulls stay`() async throws {
        let data = #"{"v":"abc","n":12.50,"t":true,"f":false,"z":null,"deep":[{"w":["x",[]]},{}],"esc":"a\u0041\n"}"#
        let (lines, _, hash) = try await record(entry(data: data, answer: #"{"ciphertext":"vault:v1:xyz"}"#))
        #expect(lines.map { $0["type"] as? String } == ["request", "response"])
        let request = try object(lines[0]["request"])
        let found = try object(request["data"])
        #expect(found["v"] as? String == (try hash("abc")))
        #expect(found["n"] as? String == (try hash("12.50")))
        #expect(found["t"] as? Bool == true)
        #expect(found["z"] is NSNull)
        #expect(found["esc"] as? String == (try hash("aA\n")))
        let deep = try #require(found["deep"] as? [[String: Any]])
        #expect((deep[0]["w"] as? [Any])?.first as? String == (try hash("x")))
        let response = try object(lines[1]["response"])
        #expect(try object(response["data"])["ciphertext"] as? String == (try hash("vault:v1:xyz")))
        #expect(try object(lines[1]["request"])["id"] as? String == request["id"] as? String)
    }

    @Test func `values that come often are hashed as any other, by each device under its key`() async throws {
        let folder = try Folder()
        let broker = AuditBroker()
        for name in ["f", "g"] { try await broker.enable(fileWish(folder, name)) }
        let data = #"{"v":["",0,7,10,99,"7","07","10","ab","x",100,-1,7.0]}"#
        let values = ["0", "7", "10", "99", "7", "07", "10", "ab", "x", "100", "-1", "7.0"]
        for _ in 0..<3 {
            let ticket = broker.record(entry(data: data))
            #expect(await broker.isRecorded(ticket))
        }
        #expect(try await eventually { folder.entries("f").count >= 6 && folder.entries("g").count >= 6 })
        for name in ["f", "g"] {
            let expected = try values.map { try broker.hash(lasting($0), for: name) }
            var empty: Set<String> = []
            for line in folder.entries(name) {
                let found = try object(try object(line["request"])["data"])["v"] as? [String] ?? []
                #expect(Array(found.dropFirst()) == expected)
                empty.insert(found.first ?? "")
            }
            #expect(empty.count == 1 && !expected.contains(empty.first ?? "") && empty.first?.utf8.count == 76)
        }
    }

    private static func batch(of line: Substring) -> String {
        guard let start = line.firstRange(of: "\"batch\":["), let end = line[start.upperBound...].firstRange(of: "]}")
        else { return "no batch" }
        return String(line[start.upperBound..<end.lowerBound])
    }

    @Test func `objects in a list stay in clear where the list does, and with log_raw`() async throws {
        var description = MountDescription(path: "kv/", type: "kv", accessor: "a", uuid: "u", about: "")
        description.plainRequestKeys = ["open"]
        let open = #""open":[{"a":"clear-1","n":7},{"a":"clear-2","n":8}]"#
        let shut = #""shut":[{"a":"marker-1","n":7},{"a":"marker-2","n":8}]"#
        for data in ["{\(open),\(shut)}", "{\(shut),\(open)}"] {
            var plain = entry(data: data)
            plain.mount = MountPoint(description, systemDefaultSeconds: 1, systemMaxSeconds: 1)
            let text = try await record(plain).text
            #expect(text.contains(open) && !text.contains("marker"))
            #expect(try await record(entry(data: data)).text.contains("clear") == false)
            let raw = try await record(plain, options: ["log_raw": "true"]).text
            #expect(raw.contains(open) && raw.contains(shut))
        }
    }

    @Test func `objects of a batch that are alike are written as any others`() async throws {
        let batches = [
            [#"{"plaintext":"YQ=="}"#, #"{"plaintext":""}"#, #"{"plaintext":"7"}"#, #"{"plaintext":7}"#],
            [
                #"{"ciphertext":"vault:v1:x","key_version":1,"reference":""}"#,
                #"{"ciphertext":"vault:v1:y","key_version":12,"reference":"r"}"#,
                #"{"ciphertext":"vault:v1:y","key_version":-1,"reference":"r"}"#,
                #"{"ciphertext":"vault:v1:y","key_version":1.5,"reference":"a\nb"}"#,
                #"{"error":"no","reference":""}"#, #"{"reference":"","error":"no"}"#,
                #"{"ciphertext":"vault:v1:z","key_version":3,"reference":"","more":true}"#,
                #"{"ciphertext":"vault:v1:z","key_version":3}"#, #"{"ciphertext":null,"key_version":3,"reference":""}"#,
                #"{}"#, #"[]"#, #""x""#, #"5"#, #"{"ciphertext":{"a":[{"b":"c"},{"b":"d"}]},"key_version":1}"#,
                #"{"ciphertext":"vault:v1:w","key_version":9,"reference":"<&>"}"#,
            ],
            [#"{"a":"x","a":"y"}"#, #"{"a":"y","a":"z"}"#], [#"{"a<b":"x"}"#, #"{"a<b":"y"}"#],
            [#"{"é":"x"}"#, #"{"é":"y"}"#], [#"{"":"x"}"#, #"{"":"y"}"#],
            [#"{"a":1,"b":2,"c":3,"d":4,"e":5}"#, #"{"a":1,"b":2,"c":3,"d":4,"e":6}"#],
        ]
        for batch in batches {
            for order in [batch, batch.reversed(), batch + batch] {
                // A blank in each object, and none is like another.
                let loose = order.map { $0.hasPrefix("{") ? "{ " + $0.dropFirst() : $0 }
                let folder = try Folder()
                let broker = AuditBroker()
                try await broker.enable(fileWish(folder, "f"))
                for items in [order, loose] {
                    let text = #"{"batch":["# + items.joined(separator: ",") + "]}"
                    let ticket = broker.record(entry(data: text, answer: text))
                    #expect(await broker.isRecorded(ticket))
                }
                #expect(try await eventually { folder.entries("f").count >= 4 })
                let line = try object(try object(folder.entries("f")[0]["request"])["data"])
                #expect((line["batch"] as? [Any])?.count == order.count)
                let text = try String(contentsOfFile: folder.path("f"), encoding: .utf8)
                #expect(!text.contains("vault:v1") && !text.contains("YQ=="))
                // Byte by byte: order, and names that occur twice.
                let written = text.split(separator: "\n").map { Self.batch(of: $0) }
                #expect(written.count == 4 && written[0].contains("hmac-sha256:"))
                #expect(Set(written).count == 1, "\(written)")
            }
        }
    }

    @Test func `an entry has the members of the field`() async throws {
        var wrapped = entry(data: "{}")
        wrapped.wrapSeconds = 60
        wrapped.rule = RootRules.shared
        wrapped.mount = MountPoint(
            MountDescription(path: "kv/", type: "kv", accessor: "kv_12345678", uuid: "u", about: ""),
            systemDefaultSeconds: 1, systemMaxSeconds: 1)
        wrapped.error = "something went wrong"
        let (lines, _, hash) = try await record(wrapped)
        let auth = try object(lines[0]["auth"])
        #expect(auth["client_token"] as? String == (try hash("hvs.secret-token")))
        #expect(auth["accessor"] as? String == (try hash("the-accessor")))
        #expect(auth["display_name"] as? String == "bob")
        #expect(auth["policies"] as? [String] == ["default", "team-a"])
        #expect(auth["token_policies"] as? [String] == ["default", "team-a"])
        #expect(auth["token_type"] as? String == "service")
        #expect(auth["token_ttl"] as? Int == 3600)
        #expect(auth["token_issue_time"] as? String == "2023-11-14T22:13:20Z")
        let results = try object(auth["policy_results"])
        #expect(results["allowed"] as? Bool == true)
        #expect(results["rule"] as? String == "root")
        let request = try object(lines[0]["request"])
        #expect(request["operation"] as? String == "update")
        #expect(request["mount_type"] as? String == "kv")
        #expect(request["client_token"] as? String == (try hash("hvs.secret-token")))
        #expect(request["client_token_accessor"] as? String == (try hash("the-accessor")))
        #expect(try object(request["namespace"])["id"] as? String == "root")
        #expect(request["path"] as? String == "kv/audited")
        #expect(request["remote_address"] as? String == "127.0.0.1")
        #expect(request["remote_port"] as? Int == 4711)
        #expect(request["wrap_ttl"] as? Int == 60)
        #expect(lines[1]["error"] as? String == "something went wrong")
    }

    @Test func `CVE_2025_62513 and 62705: bodies that are no JSON are hashed as a whole`() async throws {
        var raw = entry(data: "marker-1 is no JSON", answer: "-----BEGIN marker-2")
        raw.isAnswerJSON = false
        let (lines, text, hash) = try await record(raw)
        #expect(!text.contains("marker-"))
        let data = try object(try object(lines[0]["request"])["data"])
        #expect(data["malformed_body"] as? String == (try hash("marker-1 is no JSON")))
        let answer = try object(try object(lines[1]["response"])["data"])
        #expect(answer["http_raw_body"] as? String == (try hash("-----BEGIN marker-2")))
    }

    @Test(arguments: [
        #"[{"a":"marker"},{"a":"marker"}"#, #"[{"a":"marker"},{"a":"marker"#, #"[{"a":"marker"},]"#,
        #"[{"a":"marker"}{"a":"marker"}]"#, #"[{"a":"marker"},{"a":"marker",}]"#,
        #"[{"a":"marker","n":1},{"a":"x","n":01}]"#,
        #"{"a":"marker"#, #"{"a":"marker","b""#, #"["marker",{"c":"#, #"{"x":"marker"}}"#,
        String(repeating: "[", count: 2000) + "\"marker\"", #"{"a":"marker\"#,
    ])
    func `broken JSON never shows a value and never breaks the line`(text: String) async throws {
        let (lines, written, _) = try await record(entry(data: text))
        #expect(!written.contains("marker"))
        #expect(lines.count == 2)
    }

    @Test func `members of the mount's list stay in clear, the others do not`() async throws {
        var description = MountDescription(path: "kv/", type: "kv", accessor: "a", uuid: "u", about: "")
        description.plainRequestKeys = ["open"]
        description.plainResponseKeys = ["seen"]
        var plain = entry(
            data: #"{"open":{"a":["clear-1", 7]},"shut":{"open":"marker"}}"#,
            answer: "{\"seen\":\"clear-2\",\n \"not\":\"marker\"}")
        plain.mount = MountPoint(description, systemDefaultSeconds: 1, systemMaxSeconds: 1)
        let (lines, text, _) = try await record(plain)
        #expect(!text.contains("marker"))
        let data = try object(try object(lines[0]["request"])["data"])
        #expect(try object(data["open"])["a"] as? [AnyHashable] == ["clear-1", 7])
        #expect(try object(try object(lines[1]["response"])["data"])["seen"] as? String == "clear-2")
    }

    @Test func `log_raw, hmac_accessor and elide_list_responses do what they say`() async throws {
        var list = entry(data: #"{"v":"abc"}"#, answer: #"{"keys":["a","b","c"],"key_info":{"a":{},"b":1}}"#)
        list.operation = .list
        let raw = try await record(list, options: ["log_raw": "true"])
        #expect(raw.text.contains("\"abc\"") && raw.text.contains("hvs.secret-token"))
        let elided = try await record(
            list, options: ["elide_list_responses": "true", "hmac_accessor": "false"])
        let response = try object(try object(elided.lines[1]["response"])["data"])
        #expect(response["keys"] as? Int == 3)
        #expect(response["key_info"] as? Int == 2)
        #expect(try object(elided.lines[0]["auth"])["accessor"] as? String == "the-accessor")
    }

    @Test func `CVE_2024_0831: log_raw of one device shows nothing on another`() async throws {
        let folder = try Folder()
        let broker = AuditBroker()
        try await broker.enable(fileWish(folder, "raw", ["log_raw": "true"]))
        try await broker.enable(fileWish(folder, "hashed"))
        let ticket = broker.record(entry(data: #"{"v":"marker"}"#))
        #expect(await broker.isRecorded(ticket))
        #expect(try await eventually { folder.entries("hashed").count == 2 && folder.entries("raw").count == 2 })
        #expect(try String(contentsOfFile: folder.path("raw"), encoding: .utf8).contains("marker"))
        #expect(!(try String(contentsOfFile: folder.path("hashed"), encoding: .utf8).contains("marker")))
    }

    @Test func `CVE_2026_46358: configured headers are recorded, hashed where that is wished`() async throws {
        var request = entry()
        request.headers = lasting(
            "POST /v1/x HTTP/1.1\r\nX-Foo: one\r\nx-foo:\ttwo \r\nX-Bar: marker\r\n"
                + "X-Vault-Token: marker\r\nX-Other: marker\r\n\r\n"
        )
        let (lines, text, hash) = try await record(
            request,
            headers: [
                AuditedHeader(name: "X-Foo", isHashed: false), AuditedHeader(name: "x-bar", isHashed: true),
                AuditedHeader(name: "x-vault-token", isHashed: false), AuditedHeader(name: "x-none", isHashed: false),
            ])
        #expect(!text.contains("marker"))
        let headers = try object(try object(lines[0]["request"])["headers"])
        #expect(headers["x-foo"] as? [String] == ["one", "two"])
        #expect(headers["x-bar"] as? [String] == [try hash("marker")])
        #expect(headers["x-vault-token"] as? [String] == [try hash("marker")])
        #expect(headers["x-none"] == nil && headers["x-other"] == nil)
    }

    @Test func `CVE_2024_8365: tokens and accessors in answers are hashed`() async throws {
        var login = entry()
        login.issued = IssuedToken(
            token: SealSecret(exposing: "hvs.marker-token"),
            caller: Caller(tokenID: "x", accessor: "marker-accessor", displayName: "u", metadata: ["k": "marker-meta"]),
            leaseSeconds: 1, isRenewable: true, isOrphan: true)
        var wrapped = entry()
        wrapped.wrapInfo = WrapInfo(
            token: SealSecret(exposing: "hvs.marker-wrap"), accessor: "marker-w", seconds: 60,
            createdUnixSeconds: 1_700_000_000, creationPath: "kv/x", wrappedAccessor: "marker-inner")
        let first = try await record(login)
        #expect(!first.text.contains("marker"))
        #expect(
            try object(try object(first.lines[1]["response"])["auth"])["client_token"] as? String
                == (try first.hash("hvs.marker-token")))
        let second = try await record(wrapped)
        #expect(!second.text.contains("marker"))
        #expect(try object(try object(second.lines[1]["response"])["wrap_info"])["creation_path"] as? String == "kv/x")
    }
}
