internal import Barrier
internal import Bytes
internal import Primitives
internal import Settings
internal import StrongroomClient
internal import Synchronization

/// The other server of a transit seal, over HTTP.
///
/// **Concurrency** from any task. Each call takes ten seconds at most; trying again is its caller's work.
final class HTTPTransitSealClient: TransitSealClient {
    private static let timeoutSeconds = 10
    private let client: APIClient
    private let mount: String
    private let key: String
    /// Whether the token is kept alive.
    let renewsToken: Bool
    private let trouble = Mutex<String?>(nil)

    /// A client of that server. **Throws** what is wrong with its address and its files.
    init(_ settings: TransitSealSettings) throws(StartFault) {
        var wish = ClientSettings()
        wish.address = settings.address
        wish.token = settings.token?.exposing { $0.string }
        wish.namespace = settings.namespace
        wish.authorityFile = settings.authoritiesFile
        wish.certificateFile = settings.clientCertificateFile
        wish.keyFile = settings.clientKeyFile
        wish.serverName = settings.serverName
        wish.skipsVerification = settings.skipsVerification
        wish.timeoutSeconds = Self.timeoutSeconds
        wish.retries = 0
        wish.largestReplyBytes = 64 * 1024
        wish.connections = 1
        do throws(ClientFault) { client = try APIClient(wish) } catch { throw .seal("\(error)") }
        mount = settings.mountPath
        key = settings.keyName
        renewsToken = !settings.disablesRenewal && settings.token != nil
    }

    /// Why the last call failed, for the log; nil after one that went well.
    var lastTrouble: String? { trouble.withLock { $0 } }

    func encrypt(_ secret: KeyShare) async throws(SealError) -> String {
        let text = secret.exposing { bytes in
            var writer = ByteWriter(capacity: 128)
            writer.append(base64: bytes)
            return writer.view.string
        }
        let reply = try await ask("\(mount)encrypt/\(key)", ["plaintext": .string(text)])
        guard let ciphertext = reply.data?["ciphertext"]?.text, !ciphertext.isEmpty else {
            throw fail("the answer to encrypt has no ciphertext", .providerUnavailable)
        }
        return ciphertext
    }

    func decrypt(_ ciphertext: String) async throws(SealError) -> KeyShare {
        let reply = try await ask("\(mount)decrypt/\(key)", ["ciphertext": .string(ciphertext)])
        guard var text = reply.data?["plaintext"]?.text, text.utf8.count <= 4096,
            case .success(let bytes) = text.withUTF8({ Base64.decode(ByteView(UnsafeRawBufferPointer($0))) })
        else { throw fail("the answer to decrypt has no plaintext", .providerUnavailable) }
        return bytes.span.withUnsafeBytes { KeyShare(copying: ByteView($0)) }
    }

    /// Keeps the token alive; whether that went well. A token that cannot be renewed is no trouble while it lives.
    func renewToken() async -> Bool {
        (try? await client.ask(ClientRequest(.post, "auth/token/renew-self", [:]))) != nil
    }

    private func ask(_ path: String, _ body: JSONNode) async throws(SealError) -> ClientReply {
        do throws(ClientFault) {
            let reply = try await client.ask(ClientRequest(.post, path, body))
            trouble.withLock { $0 = nil }
            return reply
        } catch {
            // What a server refuses with 400 it will refuse again: the ciphertext is not of this key. All else may
            // pass:
            // a sealed provider, a token that somebody renews, a network that comes back.
            throw fail("\(error)", error.status == 400 ? .refused : .providerUnavailable)
        }
    }

    private func fail(_ reason: String, _ error: SealError) -> SealError {
        trouble.withLock { $0 = reason }
        return error
    }
}
