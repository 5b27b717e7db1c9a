internal import Certificates
internal import Foundation
internal import HTTPAPI

/// The certificates of a development server: an authority made at start, whose key is forgotten at once, and a
/// certificate by it for the names under which the server is reached.
struct DevCertificates {
    /// What to make.
    struct Wish {
        /// The folder for the files; nil for one that is made, and removed at the end.
        var folder: String?
        /// Names and addresses beside the usual ones.
        var names: [String] = []
    }

    // Compatibility: test-beds of the field look for these names in the folder that they gave.
    private static let files = (authority: "vault-ca.pem", certificate: "vault-cert.pem", key: "vault-key.pem")

    private let folder: String
    private let isPassing: Bool
    /// What clients must trust.
    var authorityFile: String { folder + "/" + Self.files.authority }
    /// For the listener.
    var settings: TLSSettings {
        TLSSettings(
            certificateFile: folder + "/" + Self.files.certificate, keyFile: folder + "/" + Self.files.key)
    }

    /// Makes them, for a server that listens on `host`.
    init(_ wish: Wish, host: String) throws(StartFault) {
        var names = ["localhost", "127.0.0.1", "::1"]
        for name in [host, ProcessInfo.processInfo.hostName] + wish.names where !names.contains(name) {
            // What means every address names none.
            if name != "0.0.0.0", name != "::", !name.isEmpty { names.append(name) }
        }
        let made: DevelopmentCertificate.Files
        do throws(CertificateError) {
            made = try DevelopmentCertificate.make(hosts: names, nowUnixSeconds: ServerProcess.now())
        } catch {
            throw .certificates("a name of -dev-tls-san is none")
        }
        isPassing = wish.folder == nil
        if let given = wish.folder { folder = given } else { folder = try Self.passingFolder() }
        try Self.write(made.caPEM, authorityFile, mode: 0o644)
        try Self.write(made.certificatePEM, settings.certificateFile, mode: 0o644)
        try Self.write(made.keyPEM, settings.keyFile, mode: 0o600)
    }

    /// Removes what was made for this run only.
    func remove() {
        guard isPassing else { return }
        for file in [authorityFile, settings.certificateFile, settings.keyFile] { unlink(file) }
        rmdir(folder)
    }

    private static func passingFolder() throws(StartFault) -> String {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        var pattern = Array((parent + "/strongroom-tls-XXXXXX").utf8CString)
        guard mkdtemp(&pattern) != nil else { throw .certificates("cannot make a folder in \(parent)") }
        return pattern.withUnsafeBufferPointer { buffer in buffer.baseAddress.map { String(cString: $0) } ?? parent }
    }

    /// Replaces the file as a whole, so that a link of somebody else's is never followed.
    private static func write(_ bytes: [UInt8], _ path: String, mode: mode_t) throws(StartFault) {
        let fresh = path + ".new"
        unlink(fresh)
        let file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw .certificates("cannot write \(path): \(String(cString: strerror(errno)))") }
        let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        // The mask of the process would take the others' right to read what is public.
        let isWhole = count == bytes.count && fchmod(file, mode) == 0
        close(file)
        guard isWhole, rename(fresh, path) == 0 else {
            throw .certificates("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}
