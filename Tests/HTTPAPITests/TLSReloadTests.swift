import Certificates
import Foundation
import HTTPAPI
import Testing

@Suite(.timeLimit(.minutes(2))) struct TLSReloadTests {
    @Test func reloadingIsForNewConnections() async throws {
        try await withTLSServer { (port, folder, server) throws in
            let old = try RunningTool("openssl", ["s_client", "-connect", "127.0.0.1:\(port)", "-quiet", "-ign_eof"])
            let request = Array("GET /a HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
            old.send(request)
            #expect(old.wait(for: 100))
            let first = old.received.count
            try FileManager.default.copyItem(atPath: folder.authority, toPath: folder.path + "/old-ca.pem")
            try folder.renew()
            // Nothing changes before the word is given.
            #expect(try curl(port, folder, ["URL/a"]).status == 60)
            try server.reload()
            #expect(try curl(port, folder, ["URL/a"]).output.hasSuffix("2 200"))
            let before = try tool(
                "curl", ["-sS", "--cacert", folder.path + "/old-ca.pem", "https://127.0.0.1:\(port)/"])
            #expect(before.status == 60)
            old.send(request)
            #expect(old.wait(for: 2 * first))
        }
    }

    @Test func whatCannotBeReadIsToldAndChangesNothing() async throws {
        try await withTLSServer { (port, folder, server) throws in
            let good = (
                try Data(contentsOf: URL(fileURLWithPath: folder.certificate)),
                try Data(contentsOf: URL(fileURLWithPath: folder.key))
            )
            let other = try DevelopmentCertificate.make(nowUnixSeconds: 1_800_000_000)
            let cases: [(certificate: [UInt8], key: [UInt8], TLSFault)] = [
                ([], Array(good.1), .certificateUnreadable(file: folder.certificate)),
                (
                    Array("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".utf8), Array(good.1),
                    .certificateUnreadable(file: folder.certificate)
                ),
                (Array(good.0), [], .keyUnreadable(file: folder.key)),
                (Array(good.0), Array(good.0), .keyUnreadable(file: folder.key)),
                (Array(good.0), other.keyPEM, .keyMismatch(certificateFile: folder.certificate, keyFile: folder.key)),
            ]
            for (certificate, key, fault) in cases {
                try folder.write(certificate, folder.certificate)
                try folder.write(key, folder.key)
                #expect(throws: HTTPServerError.tls(fault)) { try server.reload() }
                #expect(try curl(port, folder, ["URL/a"]).output.hasSuffix("2 200"))
            }
            try FileManager.default.removeItem(atPath: folder.key)
            #expect(throws: HTTPServerError.tls(.keyUnreadable(file: folder.key))) { try server.reload() }
        }
    }

    @Test func settingsThatCannotServeAreRefusedAtTheStart() async throws {
        for (fault, change) in [
            (TLSFault.noVersion, { $0.maximumVersion = .tls12 }),
            (.noCipherSuite, { ($0.minimumVersion, $0.cipherSuites) = (.tls12, []) }),
            (.authorityUnreadable(file: "/nowhere"), { $0.clientCertificates = .required(authorityFile: "/nowhere") }),
            (
                .authorityUnreadable(file: "/dev/null"),
                { $0.clientCertificates = .requested(authorityFile: "/dev/null") }
            ),
            (.certificateUnreadable(file: "/nowhere"), { $0.certificateFile = "/nowhere" }),
        ] as [(TLSFault, (inout TLSSettings) -> Void)] {
            await #expect(throws: HTTPServerError.tls(fault)) {
                try await withTLSServer(EchoAnswering(), change) { _, _, _ in }
            }
        }
    }

    @Test func theMadeCertificatesStandUpToTheOpenSSLTool() throws {
        let folder = try CertificateFolder()
        let checked = try tool("openssl", ["verify", "-x509_strict", "-CAfile", folder.authority, folder.certificate])
        #expect(checked.output == "\(folder.certificate): OK\n", "\(checked.errors)")
        let shown = try tool("openssl", ["x509", "-in", folder.certificate, "-noout", "-text"]).output
        #expect(shown.contains("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"))
        #expect(shown.contains("TLS Web Server Authentication") && shown.contains("NIST CURVE: P-256"))
        let far = try DevelopmentCertificate.make(hosts: ["a.example"], nowUnixSeconds: 2_524_607_000)
        try folder.write(far.certificatePEM, folder.certificate)
        let dates = try tool("openssl", ["x509", "-in", folder.certificate, "-noout", "-dates"]).output
        #expect(dates == "notBefore=Dec 31 22:43:20 2049 GMT\nnotAfter=Dec 31 23:43:20 2050 GMT\n")
        for hosts in [[], [""], ["a", "b c"]] {
            #expect(throws: CertificateError.noHosts) {
                try DevelopmentCertificate.make(hosts: hosts, nowUnixSeconds: 1_800_000_000)
            }
        }
    }
}
