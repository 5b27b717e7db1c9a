import Bytes
import Certificates
import Foundation
import Primitives
import TestAids
import Testing

/// One key pair per algorithm, generated once for all tests: the RSA ones take seconds.
enum TestKeys {
    private static let pairs: [AsymmetricAlgorithm: PrivateKey] = {
        var pairs: [AsymmetricAlgorithm: PrivateKey] = [:]
        for algorithm in AsymmetricAlgorithm.allCases { pairs[algorithm] = try? .generate(algorithm) }
        return pairs
    }()

    static func pair(_ algorithm: AsymmetricAlgorithm) throws -> PrivateKey { try #require(pairs[algorithm]) }
}

/// The `openssl` command, in a folder of its own.
final class OpenSSLCommand {
    struct Outcome {
        let status: Int32
        let output: String
    }

    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "certificates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // Without the system's own, which adds extensions.
        try write("[req]\ndistinguished_name = name\nstring_mask = utf8only\n[name]\n", to: "none.cnf")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: folder.appending(path: name))
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
    }

    /// What the command writes, errors among it.
    func attempt(_ arguments: [String]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
        let pipe = Pipe()
        (process.standardOutput, process.standardError) = (pipe, pipe)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }

    @discardableResult
    func run(_ line: String, _ more: String...) throws -> String {
        let outcome = try attempt(line.split(separator: " ").map(String.init) + more)
        try #require(outcome.status == 0, "openssl \(line): \(outcome.output)")
        return outcome.output
    }

    /// A request with a key of that kind, as `-newkey` and `-pkeyopt` name it; the subject may be in the configuration.
    func template(key: String, subject: String?, _ extensions: [String] = [], config: String = "none.cnf") throws
        -> String
    {
        let options = extensions.flatMap { ["-addext", $0] } + (subject.map { ["-subj", $0] } ?? [])
        let line = "req -new -nodes -config \(config) -keyout template.key -out template.csr -newkey \(key)"
        let outcome = try attempt(line.split(separator: " ").map(String.init) + options)
        try #require(outcome.status == 0, "\(outcome.output)")
        return try read("template.csr")
    }

    /// Makes `name.pem` and `name.key` of a root that signs itself.
    func makeRoot(_ name: String, key: String = "ec -pkeyopt ec_paramgen_curve:P-256") throws {
        try run(
            "req -x509 -new -nodes -config none.cnf -days 2 -keyout \(name).key -out \(name).pem -newkey \(key)",
            "-subj", "/CN=\(name)", "-addext", "basicConstraints=critical,CA:TRUE")
    }

    /// Has `issuer` sign a request as `name.pem`.
    func issue(_ request: String, as name: String, by issuer: String, _ extensions: String) throws {
        try write(request, to: "\(name).csr")
        try write(extensions, to: "\(name).ext")
        try run(
            "x509 -req -days 2 -in \(name).csr -CA \(issuer).pem -CAkey \(issuer).key -CAcreateserial -out \(name).pem",
            "-extfile", "\(name).ext")
    }

    /// Makes `name.pem` and `name.key` of an authority between root and leaf.
    func makeIntermediate(_ name: String, by issuer: String) throws {
        let request = try template(key: "ec -pkeyopt ec_paramgen_curve:P-384", subject: "/CN=\(name)")
        try write(read("template.key"), to: "\(name).key")
        try issue(request, as: name, by: issuer, "basicConstraints=critical,CA:TRUE,pathlen:0\n")
    }
}

func request(_ key: PrivateKey, template: String? = nil) throws -> String {
    guard let template else { return String(decoding: try SigningRequest.make(template: nil, key: key), as: UTF8.self) }
    return try withView(template) { text in
        String(decoding: try SigningRequest.make(template: text, key: key), as: UTF8.self)
    }
}

func chain(_ text: String) throws -> CertificateChain { try withView(text) { try CertificateChain(pem: $0) } }

/// What the body throws, or nil.
func failure(_ body: () throws -> Void) -> CertificateError? {
    do {
        try body()
        return nil
    } catch {
        return error as? CertificateError
    }
}

/// A PEM block.
func block(_ label: String, _ der: [UInt8]) -> String {
    let digits = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return "-----BEGIN \(label)-----\n\(digits)\n-----END \(label)-----\n"
}

/// An element of DER.
func element(_ tag: UInt8, _ parts: [UInt8]...) -> [UInt8] {
    let content = parts.flatMap { $0 }
    switch content.count {
    case ..<0x80: return [tag, UInt8(content.count)] + content
    case ..<0x100: return [tag, 0x81, UInt8(content.count)] + content
    default: return [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
    }
}

/// The DER of a text's only block.
func der(_ pem: String) throws -> [UInt8] {
    let lines = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }
    return Array(try #require(Data(base64Encoded: lines.joined())))
}

/// The processor time of this thread that the body takes.
func processorTime(_ body: () throws -> Void) rethrows -> Duration {
    func now() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
    let start = now()
    try body()
    return now() - start
}

extension PrivateKey {
    var publicPEM: String {
        var writer = ByteWriter()
        publicKey.appendPEM(to: &writer)
        return writer.view.string
    }
}
