internal import ArgumentParser
internal import Foundation
internal import StrongroomClient

/// `strongroom transit encrypt`.
struct TransitEncryptCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "encrypt", abstract: "Encrypt a file of any length: the server only seals its data key.",
        discussion: """
            The file is read and written as a stream, so it may be longer than memory.

              strongroom transit encrypt -key=backups backup.tar backup.tar.sealed
              pg_dump shop | strongroom transit encrypt -key=backups - - > shop.sealed
            """)

    @Argument(help: "File to encrypt, or - for the standard input.", completion: .file())
    var input: String

    @Argument(help: "File to write, or - for the standard output.", completion: .file())
    var output: String

    @Option(help: ArgumentHelp("Key of the transit engine that seals the data key.", valueName: "name"))
    var key: String

    @Flag(help: "Write over a file that is there.")
    var force = false

    @OptionGroup var place: TransitMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let request = ClientRequest(.post, place.path("datakey/plaintext/\(key)"), ["bits": 256])
        try session.preview(request)
        let source = try ByteStream(reading: input)
        let target = try ByteStream(writing: output, force: force)
        let reply = try await session.quietly(request)
        guard let dataKey = reply.data?["plaintext"]?.text, let sealed = reply.data?["ciphertext"]?.text else {
            throw CommandFault.local("the server gave no data key")
        }
        let mount = place.path("").trimmingCharacters(in: ["/"])
        let header = EnvelopeHeader(
            mount: mount, key: key, sealedDataKey: sealed, pieceLength: EnvelopeHeader.pieceLength)
        var cipher = try EnvelopeCipher(dataKey: dataKey, header: header.bytes)
        let progress = Progress(session.console, total: source.length, unit: .bytes, title: "encrypting")
        try target.write(header.bytes)
        var piece = try source.read(header.pieceLength)
        var done = 0
        while true {
            let next = try source.read(header.pieceLength)
            try target.write(try cipher.seal(piece, isLast: next.isEmpty))
            done += piece.count
            progress.update(done)
            if next.isEmpty { break }
            piece = next
        }
        try target.commit()
        progress.finish()
        if output != "-", session.isTable {
            session.console.success("Encrypted \(Shown.bytes(Double(done))) under \(mount)/\(key) to: \(output)")
        }
    }
}

/// `strongroom transit decrypt`.
struct TransitDecryptCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "decrypt", abstract: "Decrypt a file that \"transit encrypt\" made.",
        discussion: "Nothing is left behind of a file that was altered or cut off.")

    @Argument(help: "File to decrypt, or - for the standard input.", completion: .file())
    var input: String

    @Argument(help: "File to write, or - for the standard output.", completion: .file())
    var output: String

    @Option(help: ArgumentHelp("Mount of the transit engine; as the file names it by default.", valueName: "path"))
    var mount: String?

    @Flag(help: "Write over a file that is there.")
    var force = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let source = try ByteStream(reading: input)
        let (header, bytes) = try EnvelopeHeader.read(source)
        let mount = ClientRequest.cleaned(mount ?? header.mount).trimmingCharacters(in: ["/"])
        let request = ClientRequest(
            .post, "\(mount)/decrypt/\(header.key)", ["ciphertext": .string(header.sealedDataKey)])
        try session.preview(request)
        let target = try ByteStream(writing: output, force: force)
        let reply = try await session.quietly(request)
        guard let dataKey = reply.data?["plaintext"]?.text else {
            throw CommandFault.local("the server did not open the data key")
        }
        var cipher = try EnvelopeCipher(dataKey: dataKey, header: bytes)
        let total = source.length.map { $0 - bytes.count }
        let progress = Progress(session.console, total: total, unit: .bytes, title: "decrypting")
        var piece = try source.read(header.pieceLength + 16)
        var (done, opened) = (0, 0)
        while true {
            let next = try source.read(header.pieceLength + 16)
            let plain = try cipher.open(piece, isLast: next.isEmpty)
            try target.write(plain)
            done += piece.count
            opened += plain.count
            progress.update(done)
            if next.isEmpty { break }
            piece = next
        }
        try target.commit()
        progress.finish()
        if output != "-", session.isTable {
            session.console.success("Decrypted \(Shown.bytes(Double(opened))) to: \(output)")
        }
    }
}
