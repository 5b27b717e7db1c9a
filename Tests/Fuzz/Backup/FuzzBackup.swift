import Bytes
import FuzzDriver
import KeyRings

/// Backup blobs, as JSON.
///
/// What is readable must be written to a blob that is written back to the same bytes.
@main
enum FuzzBackup {
    static func main() {
        let entry = """
            {"key":"AAEC","hmac_key":"AwQ=","time":"2026-11-23T12:34:44.51+01:00","ec_x":12,"ec_y":34,"ec_d":56,\
            "rsa_key":{"N":15,"E":65537,"D":3,"Primes":[5,3],"Precomputed":{"Dp":1,"Dq":1,"Qinv":2,"CRTValues":[]}},\
            "rsa_public_key":{"N":15,"E":3},"public_key":"a\\n\\u003c","convergent_version":3,\
            "creation_time":1795433684,"certificate_chain":["MAA="],"external_key_ref":null}
            """
        let rest = """
            "type":15,"key":"AA==","ParameterSet":"44","HybridConfig":{"pqc":14,"ec":"e"},\
            "backup_info":{"time":"0001-01-01T00:00:00Z","version":2}
            """
        let seeds = [
            "{}", "null", "hello", "{\"policy\":null}", "{\"Policy\":{\"KEYS\":{\"1\":null}}}",
            "{\"policy\":{\"name\":\"k\",\"keys\":{\"1\":\(entry)},\"latest_version\":1}}",
            "{\"policy\":{\(rest)},\"archived_keys\":{\"keys\":[null,\(entry)]}}\n",
        ]
        fuzz(seeds: seeds.map { Array($0.utf8) }) { start, count in
            FuzzBackup.run(ByteView(input(start, count)))
            return 0
        }
    }

    private static func run(_ json: ByteView) {
        do throws(BackupFault) {
            let blob = try BackupBlob(json: json)
            var once = ByteWriter()
            do throws(BackupFault) { try blob.write(into: &once) } catch {
                precondition(error == .externalReference, "what was read cannot be written: \(error)")
                return
            }
            var twice = ByteWriter()
            try BackupBlob(json: once.view).write(into: &twice)
            precondition(once.view.equalsVariableTime(twice.view), "a blob is written otherwise than it was read")
        } catch {
            if case .json(.syntax) = error { preconditionFailure("a refusal without its reason") }
            precondition(error != .cryptoUnavailable, "the library failed")
        }
    }
}
