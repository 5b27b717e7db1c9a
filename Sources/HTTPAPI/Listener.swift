internal import Dispatching
internal import NIOCore
internal import Vocabulary

/// What the connections of one listener share, over all event loops.
final class Listener: Sendable {
    let configuration: ListenerConfiguration
    /// Bounds on one request.
    let limits: RequestLimits
    let forwardedFor: ForwardedForRules?
    /// Nil for plain HTTP.
    let tls: TLSContexts?

    init(_ configuration: ListenerConfiguration, defaults: RequestLimits) throws(TLSFault) {
        self.configuration = configuration
        limits = configuration.limits ?? defaults
        forwardedFor = configuration.forwardedFor
        tls = try configuration.tls.map { settings throws(TLSFault) in try TLSContexts(settings) }
    }

    /// Makes ready the pipeline of a connection that was accepted here.
    func begin(_ channel: any Channel, on loop: LoopState) throws {
        let peer = PeerAddress(channel.remoteAddress)
        if tls == nil {
            try channel.pipeline.syncOperations.addHandler(
                ConnectionHandler(loop: loop, listener: self, peer: peer))
        } else {
            try channel.pipeline.syncOperations.addHandler(TLSGate(loop: loop, listener: self, peer: peer))
        }
    }
}

extension PeerAddress {
    /// The other end of a connection. **Layout** of the system's addresses: `family(2) port(2) address(4)`, and
    /// `family(2) port(2) flow(4) address(16)`.
    init(_ address: SocketAddress?) {
        switch address {
        case .v4(let v4):
            self = withUnsafeBytes(of: v4.address) { bytes in
                PeerAddress(
                    v4: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
                    port: UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            }
        case .v6(let v6):
            self = withUnsafeBytes(of: v6.address) { bytes in
                PeerAddress(
                    high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                    low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
                    port: UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            }
        case .unixDomainSocket: self = .unix
        case nil: self = .unknown
        }
    }
}
