import Dispatching
import Foundation
import HTTPAPI
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct TLSTests {
    @Test func bothVersionsOfHTTPAreServed() async throws {
        try await withTLSServer { (port, folder, _) throws in
            for (flag, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
                let get = try curl(port, folder, [flag, "URL/v1/a?q=1", "-H", "X-Vault-Token: t"])
                #expect(get.output == "get|/v1/a|q=1|t|||\n\(version) 200", "\(get.errors)")
                let list = try curl(port, folder, [flag, "-X", "LIST", "URL/v1/keys"])
                #expect(list.output == "list|/v1/keys|||||\n\(version) 200")
                let post = try curl(
                    port, folder, [flag, "--data-binary", "body", "URL/task", "-H", "Authorization: Bearer b"])
                #expect(post.output == "post|/task||b||form|body\n\(version) 200")
                #expect(try curl(port, folder, [flag, "URL/empty"]).output == "\n\(version) 204")
                #expect(try curl(port, folder, [flag, "URL/remote"]).output == "127.0.0.1\n\(version) 200")
            }
        }
    }

    @Test func versionsAreOfferedAsConfigured() async throws {
        let lax = ["-cipher", "ALL:@SECLEVEL=0"]
        try await withTLSServer { (port, _, _) throws in
            for version in ["-tls1", "-tls1_1", "-tls1_2"] {
                let result = try shakeHands(port, [version] + lax)
                #expect(result.status != 0 && result.output.contains("Cipher is (NONE)"), "\(version)")
            }
            #expect(try shakeHands(port, ["-tls1_3"]).output.contains("TLSv1.3, Cipher is TLS_"))
        }
        try await withTLSServer(EchoAnswering(), changing { $0.minimumVersion = .tls12 }) { (port, _, _) throws in
            for version in ["-tls1", "-tls1_1"] {
                #expect(try shakeHands(port, [version] + lax).output.contains("Cipher is (NONE)"), "\(version)")
            }
            #expect(try shakeHands(port, ["-tls1_3"]).output.contains("TLSv1.3, Cipher is TLS_"))
            for suite in [
                "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
            ] {
                let result = try shakeHands(port, ["-tls1_2", "-cipher", suite])
                #expect(result.output.contains("TLSv1.2, Cipher is \(suite)"))
            }
            for suite in ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "AES128-SHA"] {
                let result = try shakeHands(port, ["-tls1_2", "-cipher", suite + ":@SECLEVEL=0"])
                #expect(result.output.contains("Cipher is (NONE)"), "\(suite)")
            }
        }
        let only12: (inout TLSSettings) -> Void = {
            ($0.minimumVersion, $0.maximumVersion) = (.tls12, .tls12)
            $0.cipherSuites = [.ecdheECDSAWithAES256GCM]
        }
        try await withTLSServer(EchoAnswering(), only12) { (port, _, _) throws in
            #expect(try shakeHands(port, ["-tls1_3"]).output.contains("Cipher is (NONE)"))
            #expect(try shakeHands(port, []).output.contains("Cipher is ECDHE-ECDSA-AES256-GCM-SHA384"))
            let other = try shakeHands(port, ["-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"])
            #expect(other.output.contains("Cipher is (NONE)"))
        }
    }

    @Test func theProtocolIsAgreedOn() async throws {
        try await withTLSServer { (port, _, _) throws in
            #expect(try shakeHands(port, ["-alpn", "h2,http/1.1"]).output.contains("ALPN protocol: h2"))
            #expect(try shakeHands(port, ["-alpn", "http/1.1"]).output.contains("ALPN protocol: http/1.1"))
            #expect(try shakeHands(port, []).output.contains("No ALPN negotiated"))
        }
        try await withTLSServer(EchoAnswering(), changing { $0.offersHTTP2 = false }) { (port, folder, _) throws in
            #expect(try shakeHands(port, ["-alpn", "h2,http/1.1"]).output.contains("ALPN protocol: http/1.1"))
            #expect(try curl(port, folder, ["--http2", "URL/a"]).output.hasSuffix("1.1 200"))
        }
    }

    @Test func sessionsAreResumed() async throws {
        try await withTLSServer { (port, folder, server) throws in
            let session = folder.path + "/session"
            func ask(_ arguments: [String]) throws -> ToolResult {
                try tool(
                    "openssl", ["s_client", "-connect", "127.0.0.1:\(port)", "-ign_eof"] + arguments,
                    input: Array("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".utf8))
            }
            #expect(try ask(["-sess_out", session]).output.contains("New, TLSv1.3"))
            #expect(try ask(["-sess_in", session]).output.contains("Reused, TLSv1.3"))
            try server.reload()
            #expect(try ask(["-sess_in", session]).output.contains("New, TLSv1.3"))
        }
    }

    @Test func clientCertificatesAreAskedForAndJudged() async throws {
        let clients = try CertificateFolder()
        let strangers = try CertificateFolder()
        // What is made for a server serves as nobody's certificate: it is marked for servers only.
        let mine = try clientCertificate(clients, "mine")
        let theirs = try clientCertificate(strangers, "theirs")
        for (mode, bare) in [
            (TLSSettings.ClientCertificates.required(authorityFile: clients.path + "/mine-ca.pem"), false),
            (.requested(authorityFile: clients.path + "/mine-ca.pem"), true), (.none, true),
        ] {
            let isJudged = mode != .none
            try await withTLSServer(EchoAnswering(), changing { $0.clientCertificates = mode }) {
                (port, folder, _) throws in
                for flag in ["--http1.1", "--http2"] {
                    let absent = try curl(port, folder, [flag, "URL/a"])
                    #expect(absent.output.hasSuffix(" 200") == bare, "\(mode) \(absent)")
                    let good = try curl(port, folder, [flag, "URL/a"] + mine)
                    #expect(good.output.hasSuffix(" 200"), "\(mode) \(good)")
                    let wrong = try curl(port, folder, [flag, "URL/a"] + theirs)
                    #expect(wrong.output.hasSuffix(" 200") != isJudged, "\(mode) \(wrong)")
                }
            }
        }
    }

    /// A client's certificate by an authority of its own, by the openssl tool; the arguments that make curl show it.
    private func clientCertificate(_ folder: CertificateFolder, _ name: String) throws -> [String] {
        let base = folder.path + "/" + name
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        try tool(
            "openssl",
            ["req", "-x509"] + curve + [
                "-keyout", base + "-cakey.pem", "-out", base + "-ca.pem", "-subj", "/CN=" + name,
            ])
        let made = try tool(
            "openssl",
            ["req", "-x509"] + curve + [
                "-CA", base + "-ca.pem", "-CAkey", base + "-cakey.pem", "-keyout", base + "-key.pem", "-out",
                base + ".pem",
                "-subj", "/CN=client", "-addext", "basicConstraints=CA:FALSE", "-addext", "extendedKeyUsage=clientAuth",
            ])
        #expect(made.status == 0, "\(made.errors)")
        return ["--cert", base + ".pem", "--key", base + "-key.pem"]
    }

    @Test func plainHTTPIsToldSo() async throws {
        try await withTLSServer { (port, _, server) throws in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = try client.rest()
            #expect(answer.hasPrefix("HTTP/1.0 400 Bad Request\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"))
            let noise = try RawClient(port: port)
            try noise.send([0, 1, 2, 3])
            #expect(try noise.rest() == "")
        }
    }

    @Test func handshakesMustComeToAnEnd() async throws {
        try await withTLSServer(EchoAnswering(), changing { $0.handshakeTimeoutSeconds = 1 }) {
            (port, folder, server) throws in
            let silent = try RawClient(port: port)
            let slow = try RawClient(port: port)
            try slow.send([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])
            let truncated = try RawClient(port: port)
            try truncated.send([22, 3, 1, 2, 0, 1, 0])
            truncated.shutdownWriting()
            let broken = try RawClient(port: port)
            try broken.send([22, 3, 1, 0, 4, 1, 0, 0, 0])
            _ = try broken.isClosed()
            _ = try truncated.isClosed()
            for _ in 0..<12 {
                pause(milliseconds: 100)
                try? slow.send([1])
            }
            #expect(try slow.isClosed())
            #expect(try silent.isClosed())
            #expect(try curl(port, folder, ["URL/a"]).output.hasSuffix(" 200"))
            for _ in 0..<300 where server.connectionCount > 0 { pause(milliseconds: 10) }
            #expect(server.connectionCount == 0)
        }
    }
}
