import Bytes
import Dispatching
import Foundation
import Testing
import Vocabulary

@testable import HTTPAPI

@Suite(.timeLimit(.minutes(2))) struct ListenerTests {
    private func rules(_ ranges: [String], _ change: (inout ForwardedForRules) -> Void = { _ in }) -> ForwardedForRules
    {
        var rules = ForwardedForRules(authorized: ranges.compactMap { AddressRange(text: $0) })
        change(&rules)
        return rules
    }

    /// The address, or what is wrong with it.
    private func remote(_ rules: ForwardedForRules, _ peer: String, _ lines: [String]) -> String {
        let text = Array((["GET / HTTP/1.1", "Host: h"] + lines + ["", ""]).joined(separator: "\r\n").utf8)
        return text.withUnsafeBytes { bytes in
            let address = peer == "unix" ? PeerAddress.unix : PeerAddress(text: peer) ?? .unknown
            do throws(ProtocolFault) {
                return try rules.remote(peer: address, fields: ByteView(bytes)).text
            } catch {
                guard case .malformed(let what) = error else { return "?" }
                return what
            }
        }
    }

    @Test func forwardedAddressesAreBelievedByTheRules() {
        let absent = "missing X-Forwarded-For header"
        let stranger = "X-Forwarded-For from an address that is not authorized"
        let short = "X-Forwarded-For has fewer addresses than hops to skip"
        let strict = rules(["10.0.0.0/8", "fd00::/8"])
        let mild = rules(["10.0.0.0/8"]) { ($0.rejectsAbsent, $0.rejectsUnauthorized) = (false, false) }
        let skipping = rules(["10.0.0.0/8"]) { $0.hopSkips = 1 }
        for (rules, peer, lines, wanted) in [
            (strict, "10.1.2.3", ["X-Forwarded-For: 192.0.2.1"], "192.0.2.1"),
            (strict, "10.1.2.3", ["x-forwarded-for:\t198.51.100.7 ,192.0.2.1 "], "192.0.2.1"),
            (strict, "10.1.2.3", ["X-Forwarded-For: 198.51.100.7", "X-FORWARDED-FOR: 192.0.2.1"], "192.0.2.1"),
            (strict, "10.1.2.3", ["X-Forwarded-For: 192.0.2.1:8080"], "192.0.2.1"),
            (strict, "fd00::1", ["X-Forwarded-For: [2001:db8::1]:80"], "2001:db8::1"),
            (strict, "::ffff:10.1.2.3", ["X-Forwarded-For: ::ffff:192.0.2.1"], "192.0.2.1"),
            (strict, "unix", ["X-Forwarded-For: 192.0.2.1"], "192.0.2.1"),
            (strict, "10.1.2.3", [], absent), (strict, "10.1.2.3", ["X-Forwarded: 192.0.2.1"], absent),
            (strict, "11.1.2.3", ["X-Forwarded-For: 192.0.2.1"], stranger),
            (strict, "fe80::1", ["X-Forwarded-For: 192.0.2.1"], stranger),
            (strict, "10.1.2.3", ["X-Forwarded-For:"], "X-Forwarded-For does not name an address"),
            (strict, "10.1.2.3", ["X-Forwarded-For: unknown"], "X-Forwarded-For does not name an address"),
            (strict, "10.1.2.3", ["X-Forwarded-For: 192.0.2.1,"], "X-Forwarded-For does not name an address"),
            (strict, "10.1.2.3", ["X-Forwarded-For: 192.0.2.1:99999"], "X-Forwarded-For does not name an address"),
            (mild, "10.1.2.3", [], "10.1.2.3"), (mild, "11.1.2.3", ["X-Forwarded-For: 192.0.2.1"], "11.1.2.3"),
            (mild, "10.1.2.3", ["X-Forwarded-For: 192.0.2.1"], "192.0.2.1"),
            (skipping, "10.1.2.3", ["X-Forwarded-For: 192.0.2.1, 10.9.9.9"], "192.0.2.1"),
            (skipping, "10.1.2.3", ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 10.9.9.9"], "192.0.2.1"),
            (skipping, "10.1.2.3", ["X-Forwarded-For: 192.0.2.1"], short),
        ] {
            #expect(remote(rules, peer, lines) == wanted, "\(peer) \(lines)")
        }
    }

    @Test func forwardedAddressesReachTheAnsweringSide() async throws {
        let rules = rules(["127.0.0.0/8"])
        try await withTLSServer(
            configuration: changing { $0.listeners[0].forwardedFor = rules }
        ) { (port, folder, _) throws in
            for (flag, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
                let named = try curl(
                    port, folder, [flag, "URL/remote", "-H", "X-Forwarded-For: 192.0.2.1, 198.51.100.7"])
                #expect(named.output == "198.51.100.7\n\(version) 200")
                #expect(try curl(port, folder, [flag, "URL/remote"]).output.hasSuffix("\n\(version) 400"))
            }
        }
    }

    @Test func unixSocketsAndSeveralListeners() async throws {
        let folder = try CertificateFolder()
        let path = folder.path + "/api.sock"
        var socket = ListenerConfiguration(.unix(path: path))
        socket.socketMode = 0o660
        var secured = ListenerConfiguration(.tcp(host: "127.0.0.1", port: 0))
        secured.tls = folder.settings
        let server = HTTPServer(
            configuration: testConfiguration { [socket, secured] in $0.listeners += [socket, secured] },
            answering: EchoAnswering())
        try await server.start()
        let addresses = server.localAddresses
        #expect(addresses.count == 3 && addresses[1] == .unix(path: path))
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o660)
        try await onThread {
            #expect(try tool("curl", ["-sS", "http://\(addresses[0])/remote"]).output == "127.0.0.1")
            #expect(try tool("curl", ["-sS", "--unix-socket", path, "http://h/remote"]).output == "unix")
            let over = try tool("curl", ["-sS", "--cacert", folder.authority, "https://\(addresses[2])/remote"])
            #expect(over.output == "127.0.0.1")
        }
        await server.shutdown(gracePeriod: .seconds(1))
    }

    @Test func aListenerThatCannotBeHadEndsTheStart() async throws {
        let first = HTTPServer(configuration: testConfiguration(), answering: EchoAnswering())
        try await first.start()
        guard let taken = first.localAddresses.first else { throw ClientError(what: "no address") }
        let second = HTTPServer(
            configuration: testConfiguration { $0.listeners.append(ListenerConfiguration(taken)) },
            answering: EchoAnswering())
        do throws(HTTPServerError) {
            try await second.start()
            Issue.record("it started")
        } catch {
            guard case .cannotListen(let address, _) = error else { throw error }
            #expect(address == taken)
        }
        #expect(second.localAddresses.isEmpty)
        await second.shutdown(gracePeriod: .zero)
        await first.shutdown(gracePeriod: .zero)
        let none = HTTPServer(configuration: testConfiguration { $0.listeners = [] }, answering: EchoAnswering())
        await #expect(throws: HTTPServerError.noListener) { try await none.start() }
        await none.shutdown(gracePeriod: .zero)
    }
}
