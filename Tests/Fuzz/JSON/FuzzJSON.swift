import Bytes
import EngineKit
import FuzzDriver
import Storage
import TransitEngine
import Vocabulary

/// Bodies as the transit engine reads them. **Layout** of an input: `endpoint(1) ‖ body`.
///
/// What is answered from memory must itself be JSON.
@main
enum FuzzJSON {
    private static let engine = Transit(storage: StorageView(InMemoryStorage(), prefix: "m/")) { 1_700_000_000 }

    private static let paths: [StaticString] = [
        "encrypt/k", "decrypt/k", "hmac/k", "rewrap/k", "datakey/plaintext/k", "keys/k/config", "keys/new", "hash",
        "random",
        "encrypt/derived", "decrypt/derived", "keys/k/trim", "cache-config", "config/keys", "encrypt/absent",
        "hmac/k/sha1", "sign/s", "verify/s", "verify/k", "cmac/m/8", "verify/m", "datakeys/wrapped/k",
        "derivedkeys/plaintext/k", "keys/i/import", "keys/k/import_version", "restore/r", "keys/s/csr",
        "keys/s/set-certificate", "derive-key/d", "encapsulate/x", "hpke/open/x", "export/public-key/s",
        "byok-export/k/s",
    ]

    private static let bodies = [
        #"{"plaintext":"aGVsbG8=","context":"YWJj","key_version":1,"associated_data":"YWFk"}"#,
        #"{"batch_input":[{"plaintext":"aGVsbG8=","reference":"r"},{"plaintext":"","key_version":0,"nonce":""}]}"#,
        #"{"batch_input":[{"ciphertext":"vault:v1:AAAA","context":"YWJj"}],"partial_failure_response_code":207}"#,
        #"{"input":"aGVsbG8=","algorithm":"sha2-512","batch_input":[{"input":"\u0061\ud83d\ude00"},{"input":5}]}"#,
        #"{"min_decryption_version":1,"min_encryption_version":"0x1","auto_rotate_period":"1h30m","#
            + #""deletion_allowed":"t"}"#,
        #"{"bits":256,"format":"hex","bytes":"010","size":10,"disable_upsert":true,"type":"aes256-gcm96","#
            + #""a":[[{}],null]}"#,
        #"{"batch_input":[{"input":"aGVsbG8=","signature":"vault:v1:AAAA"}],"hash_algorithm":"none","prehashed":1,"#
            + #""signature_algorithm":"pkcs1v15","salt_length":"hash","marshaling_algorithm":"jws"}"#,
        #"{"input":"aGVsbG8=","hmac":"vault:v1:AAAA","cmac":"vault:v1:AAAA","mac_length":8,"context":"YQ=="}"#,
        #"{"type":"ecdsa-p256","public_key":"-----BEGIN PUBLIC KEY-----","hash_function":"SHA1","version":1,"#
            + #""allow_rotation":true,"disabled_versions":[1,"2"],"backup":"e30=","force":true,"salt":"AA=="}"#,
        #" null "#, "",
    ]

    static func main() async throws {
        let keys = [
            ("keys/k", "{}"), ("keys/derived", #"{"derived":true,"convergent_encryption":true}"#),
            ("keys/s", #"{"type":"ecdsa-p256"}"#), ("keys/m", #"{"type":"aes256-cmac"}"#),
            ("keys/x", #"{"type":"x-wing"}"#),
        ]
        for (path, body) in keys {
            try await write(path, body)
        }
        // Storage holds a reservation from now on, so that encrypting is answered from memory.
        try await write("encrypt/k", #"{"plaintext":""}"#)
        try await write("encrypt/derived", #"{"plaintext":"","context":"YWJj"}"#)
        fuzz(seeds: paths.indices.flatMap { path in bodies.map { [UInt8(path)] + Array($0.utf8) } }) { start, count in
            FuzzJSON.run(ByteView(input(start, count)))
            return 0
        }
    }

    private static func write(_ path: String, _ body: String) async throws {
        let text = Array((path + body).utf8)
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
        defer { block.deallocate() }
        block.copyBytes(from: text)
        let view = ByteView(UnsafeRawBufferPointer(block))
        let request = EngineRequest(
            operation: .write, path: view.slice(0, path.utf8.count), body: view.dropFirst(path.utf8.count),
            maxJSONDepth: 300)
        var output = ByteWriter()
        _ = try await engine.performStoring(try engine.resolve(request), into: &output)
    }

    private static func run(_ bytes: ByteView) {
        let path = paths[Int(bytes[0]) % paths.count]
        let request = EngineRequest(
            operation: .write, path: ByteView(path), body: bytes.dropFirst(1), maxJSONDepth: 300)
        do throws(TransitError) {
            let command = try engine.resolve(request)
            var output = ByteWriter()
            switch try engine.perform(command, into: &output) {
            case .needsStorage: precondition(output.count == 0, "something was written although storage is needed")
            case .done: precondition(isJSON(output.view), "the answer is not JSON")
            }
        } catch {
            var output = ByteWriter()
            output.append(jsonString: error.wireText)
            precondition(isJSON(output.view), "the error's text is not JSON")
        }
    }

    private static func isJSON(_ text: ByteView) -> Bool {
        var scanner = JSONScanner(text, depthLimit: 10)
        guard (try? scanner.scanValue()) != nil else { return false }
        return scanner.position == text.count
    }
}
