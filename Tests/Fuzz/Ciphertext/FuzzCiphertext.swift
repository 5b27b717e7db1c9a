import Bytes
import FuzzDriver
import KeyRings
import Primitives

/// Ciphertext texts, opened under known keys. **Layout** of an input: `ring(1) ‖ text`.
///
/// The only messages that were ever sealed under these keys say `hello`; nothing else may come out.
@main
enum FuzzCiphertext {
    private static let rings: [KeyRing] = KeyType.allCases.filter { $0.cipher != nil }.flatMap { type in
        [ring(type, isDerived: false), ring(type, isDerived: true)]
    }

    // The wire vectors: aes256-gcm96 with a zero nonce, and convergent aes128, aes256 and chacha20.
    private static let texts = [
        "vault:v1:AAAAAAAAAAAAAAAAZtnZstoODEZ586glJPXgSZJx4W8w",
        "vault:v1:a/J21hFm/u8IwpN5tGkUI+y0c8ZLQO/hh9jsHZmRRoFQ",
        "vault:v1:xpJrtEpbgE5B+ibyHbfvAfK6qsNB11n0cYYpf59/hOJ1",
        "vault:v1:xpJrtEpbgE5B+ibyUeHCnZC68Ijj3baYYStv6pglx55W",
        "vault:v+01:AAAA", "vault:v0:", "vault:v-9223372036854775808:A=", "vault:v2:AAAA", "vault:", "",
    ]

    static func main() {
        for (number, text) in [(2, texts[0]), (1, texts[1]), (3, texts[2]), (5, texts[3])] {
            precondition(open(Array(text.utf8), rings[number]), "a known ciphertext does not open")
        }
        fuzz(seeds: rings.indices.flatMap { ring in texts.map { [UInt8(ring)] + Array($0.utf8) } }) { start, count in
            let bytes = ByteView(input(start, count))
            FuzzCiphertext.run(bytes.dropFirst(1), FuzzCiphertext.rings[Int(bytes[0]) % FuzzCiphertext.rings.count])
            return 0
        }
    }

    private static func ring(_ type: KeyType, isDerived: Bool) -> KeyRing {
        var settings = KeySettings(type: type)
        (settings.isDerived, settings.isConvergent) = (isDerived, isDerived)
        let key = (0..<(type.cipher?.keyLength ?? 32)).map { UInt8($0) }
        do {
            let version = try key.withUnsafeBytes { bytes in
                let entry = KeyEntry(
                    key: SecretBytes(copying: ByteView(bytes)), hmacKey: SecretBytes(copying: ByteView(bytes)),
                    created: Moment(seconds: 0))
                return try KeyVersion(number: 1, settings: settings, entry: entry, usage: KeyUsage(stored: 0))
            }
            guard let name = KeyName(text: "k") else { preconditionFailure("k is no name") }
            return try KeyRing(name: name, settings: settings, versions: [version], revision: 1)
        } catch {
            preconditionFailure("no ring: \(error)")
        }
    }

    private static func open(_ text: [UInt8], _ ring: KeyRing) -> Bool {
        text.withUnsafeBytes { run(ByteView($0), ring) }
    }

    @discardableResult
    private static func run(_ text: ByteView, _ ring: KeyRing) -> Bool {
        let isOpened = openAlone(text, ring)
        guard var run = OpeningRun(ring, head: "<", tail: ">") else { return isOpened }
        var output = ByteWriter()
        let isOpenedInBatch = run.append(text, to: &output)
        precondition(!isOpenedInBatch || isOpened, "a batch opens what nothing else does")
        precondition(isOpenedInBatch || !isOpened || !text.hasPrefix("vault:v1:"), "a batch does not open it")
        precondition(isOpenedInBatch ? output.view.equals("<aGVsbG8=>") : output.count == 0, "a batch says otherwise")
        return isOpened
    }

    private static func openAlone(_ text: ByteView, _ ring: KeyRing) -> Bool {
        var workspace = Workspace()
        do throws(KeyRingError) {
            try workspace.decodeContext(ByteView("YWJj"))
            try ring.open(text, &workspace, isAuthenticatingData: false)
        } catch {
            return false
        }
        precondition(workspace.currentMessage.equals("hello"), "a message came out that nobody had sealed")
        return true
    }
}
