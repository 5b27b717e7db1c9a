import Bytes
import Foundation
import KeyRings
import TestAids

/// Blobs to test with.
enum Blobs {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The recorded blob of this name, as JSON.
    static func recorded(_ name: String) throws -> [UInt8] {
        let file = root.appending(path: "Vectors/transit-backup/\(name).b64")
        let text = try Data(contentsOf: file)
        return try withView([UInt8](text)) { Base64.decode($0) }.get()
    }

    /// An entry in which every member is set.
    static let fullEntry = """
        {"key":"AAEC","hmac_key":"AwQ=","time":"2026-11-23T11:34:44.51Z","ec_x":12,"ec_y":0,"ec_d":65536,\
        "rsa_key":{"N":15,"E":65537,"D":3,"Primes":[5,3],"Precomputed":{"Dp":1,"Dq":0,"Qinv":2,"CRTValues":[]}},\
        "rsa_public_key":{"N":21,"E":3},"public_key":"-----\\n\\u003c\\u2028é\\"","convergent_version":3,\
        "creation_time":1795433684,"certificate_chain":["MAA=",""],"external_key_ref":null}
        """

    /// The dummy at index 0 of an archive.
    static let emptyEntry = """
        {"key":null,"hmac_key":null,"time":"0001-01-01T00:00:00Z","ec_x":null,"ec_y":null,"ec_d":null,"rsa_key":null,\
        "rsa_public_key":null,"public_key":"","convergent_version":0,"creation_time":0,"certificate_chain":null,\
        "external_key_ref":null}
        """

    /// A blob in which every member is set, as it is written.
    static let full = """
        {"policy":{"name":"k<","key_size":48,"key":"/w==","keys":{"1":\(fullEntry),"10":\(emptyEntry),\
        "2":\(emptyEntry)},"derived":true,"kdf":1,"convergent_encryption":true,"exportable":true,\
        "min_decryption_version":2,"min_encryption_version":3,"latest_version":10,"archive_version":9,\
        "archive_min_version":4,"min_available_version":5,"deletion_allowed":true,"convergent_version":-1,"type":15,\
        "backup_info":{"time":"2026-11-23T11:34:44.51Z","version":9},"restore_info":{"time":"0001-01-01T00:00:00Z",\
        "version":0},"allow_plaintext_backup":true,"version_template":"my:{{version}};","storage_prefix":"p/",\
        "auto_rotate_period":3600000000000,"Imported":true,"AllowImportedKeyRotation":true,"soft_deleted":true,\
        "ParameterSet":"65","HybridConfig":{"pqc_key_type":14,"ec_key_type":"ecdsa-p256"}},\
        "archived_keys":{"keys":[\(emptyEntry),\(fullEntry)]}}

        """.replacing("k<", with: "k\\u003c")

    /// The smallest blob that makes a key.
    static let minimal = """
        {"policy":{"name":"m","keys":{"1":{"key":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",\
        "hmac_key":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}},"min_decryption_version":1,"latest_version":1}}
        """

    static func read(_ json: [UInt8]) throws(BackupFault) -> BackupBlob {
        try withView(json) { (view) throws(BackupFault) in try BackupBlob(json: view) }
    }

    static func read(_ json: String) throws(BackupFault) -> BackupBlob { try read(Array(json.utf8)) }

    /// The fault of a text that is no blob.
    static func fault(_ json: String) -> BackupFault? {
        do throws(BackupFault) {
            _ = try read(json)
            return nil
        } catch {
            return error
        }
    }
}

extension BackupBlob {
    /// The blob as it is written.
    func json() throws(BackupFault) -> [UInt8] {
        var writer = ByteWriter()
        try write(into: &writer)
        return writer.view.array
    }
}

/// The bytes of a secret, in hex.
func hex(_ secret: borrowing SecretBytes?) -> String? {
    switch secret {
    case nil: nil
    case .some(let secret): secret.exposing { Hex.encode($0) }
    }
}
