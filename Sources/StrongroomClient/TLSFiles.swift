internal import NIOSSL

/// The TLS side of the settings, read from its files.
enum TLSFiles {
    static func configuration(_ settings: ClientSettings) throws(ClientFault) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let file = settings.authorityFile {
            tls.trustRoots = .certificates(try certificates(file))
        } else if let folder = settings.authorityFolder {
            tls.trustRoots = .file(folder)
        }
        if settings.skipsVerification { tls.certificateVerification = .none }
        guard settings.certificateFile != nil || settings.keyFile != nil else { return tls }
        guard let certificateFile = settings.certificateFile, let keyFile = settings.keyFile else {
            throw .badTLSFile(
                settings.certificateFile ?? settings.keyFile ?? "",
                "a client certificate and its key must be given together")
        }
        tls.certificateChain = try certificates(certificateFile).map { .certificate($0) }
        do {
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem))
        } catch {
            throw .badTLSFile(keyFile, "it holds no private key in PEM form that can be read")
        }
        return tls
    }

    private static func certificates(_ file: String) throws(ClientFault) -> [NIOSSLCertificate] {
        let found: [NIOSSLCertificate]
        do {
            found = try NIOSSLCertificate.fromPEMFile(file)
        } catch {
            throw .badTLSFile(file, "it holds no certificate in PEM form that can be read")
        }
        guard !found.isEmpty else { throw .badTLSFile(file, "it holds no certificate") }
        return found
    }
}
