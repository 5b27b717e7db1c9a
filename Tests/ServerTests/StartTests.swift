import Foundation
import Primitives
import Testing

/// What the command line does before there is a server.
@Suite struct StartTests {
    @Test(arguments: SelfTests.names)
    func `a start is refused when a self-test fails`(name: String) throws {
        let outcome = try Binary.run(
            Binary.url, ["server", "-dev", "-dev-listen-address=127.0.0.1:0"],
            environment: ["STRONGROOM_BREAK_SELFTEST": name], seconds: 30)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("self-test \(name) failed"))
        #expect(!outcome.output.contains("VAULT_ADDR"))
    }

    @Test func `an address in use is said in one line and ends with status 1`() throws {
        let socket = FreePort()
        let outcome = try Binary.run(
            Binary.url, ["server", "-dev", "-dev-listen-address=127.0.0.1:\(socket.port)"], seconds: 30)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("cannot listen on 127.0.0.1:\(socket.port)"))
    }

    @Test(arguments: [
        ["server"], ["server", "-dev", "-config=x"],
        ["server", "-dev", "-dev-listen-address=nonsense"], ["server", "-dev", "-threads=0"],
        ["server", "-dev", "-max-json-depth=0"], ["server", "-dev", "-max-request-size=1"],
        ["server", "-dev", "-dev-root-token-id="], ["server", "-dev", "-nonsense"], ["nonsense"],
    ])
    func `wrong arguments are told and end with status 1`(arguments: [String]) throws {
        let outcome = try Binary.run(Binary.url, arguments, seconds: 30)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("Error:"))
    }

    @Test func `an engine that does not exist is told`() throws {
        let outcome = try Binary.run(
            Binary.url, ["server", "-dev", "-dev-listen-address=127.0.0.1:0", "-dev-engines=nosuch"], seconds: 30)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("cannot enable engine \"nosuch\": plugin not found in the catalog: nosuch"))
    }
}

/// A listening socket on a port that the kernel chose.
private final class FreePort {
    let port: Int
    private let descriptor: Int32

    init() {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 1) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        // 0 is the port of nobody: the test that uses it fails.
        port = !bound ? 0 : Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}
