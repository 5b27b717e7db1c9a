internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// The TLS context of one listener: what new connections get, and what a reload replaces.
///
/// Session tickets are sealed with a key of the context, so nobody resumes past a reload.
/// **Concurrency** safe from everywhere.
final class TLSContexts: Sendable {
    let settings: TLSSettings
    private let current: Mutex<NIOSSLContext>

    /// Reads the files.
    init(_ settings: TLSSettings) throws(TLSFault) {
        self.settings = settings
        current = Mutex(try Self.make(settings))
    }

    /// What a new connection gets.
    var context: NIOSSLContext { current.withLock { $0 } }

    /// Reads the files again.
    func reread() throws(TLSFault) -> NIOSSLContext { try Self.make(settings) }

    /// From now on new connections get that.
    func replace(by context: NIOSSLContext) { current.withLock { $0 = context } }

    private static func make(_ settings: TLSSettings) throws(TLSFault) -> NIOSSLContext {
        guard settings.minimumVersion <= settings.maximumVersion else { throw .noVersion }
        guard settings.minimumVersion > .tls12 || !settings.cipherSuites.isEmpty else { throw .noCipherSuite }
        let chain = try certificates(
            settings.certificateFile, or: .certificateUnreadable(file: settings.certificateFile))
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(file: settings.keyFile, format: .pem) } catch {
            throw .keyUnreadable(file: settings.keyFile)
        }
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        tls.minimumTLSVersion = settings.minimumVersion == .tls12 ? .tlsv12 : .tlsv13
        tls.maximumTLSVersion = settings.maximumVersion == .tls12 ? .tlsv12 : .tlsv13
        if settings.minimumVersion == .tls12 { tls.cipherSuiteValues = settings.cipherSuites.map(\.value) }
        tls.applicationProtocols = settings.offersHTTP2 ? ["h2", "http/1.1"] : ["http/1.1"]
        tls.renegotiationSupport = .none
        tls.shutdownTimeout = .seconds(2)
        switch settings.clientCertificates {
        case .none: tls.certificateVerification = .none
        case .requested(let file):
            tls.certificateVerification = .optionalVerification
            tls.trustRoots = .certificates(try certificates(file, or: .authorityUnreadable(file: file)))
            tls.sendCANameList = true
        case .required(let file):
            // A client has no host name to look at.
            tls.certificateVerification = .noHostnameVerification
            tls.trustRoots = .certificates(try certificates(file, or: .authorityUnreadable(file: file)))
            tls.sendCANameList = true
        }
        // Each part was understood by itself, so what the library still refuses is that they belong together.
        do { return try NIOSSLContext(configuration: tls) } catch {
            throw .keyMismatch(certificateFile: settings.certificateFile, keyFile: settings.keyFile)
        }
    }

    private static func certificates(_ file: String, or fault: TLSFault) throws(TLSFault) -> [NIOSSLCertificate] {
        let certificates: [NIOSSLCertificate]
        do { certificates = try NIOSSLCertificate.fromPEMFile(file) } catch { throw fault }
        guard !certificates.isEmpty else { throw fault }
        return certificates
    }
}

extension TLSCipherSuite {
    fileprivate var value: NIOTLSCipher {
        switch self {
        case .ecdheECDSAWithAES128GCM: .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        case .ecdheRSAWithAES128GCM: .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        case .ecdheECDSAWithAES256GCM: .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        case .ecdheRSAWithAES256GCM: .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
        case .ecdheECDSAWithChaCha20: .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        case .ecdheRSAWithChaCha20: .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
        }
    }
}
