import Bytes
import Foundation
import KeyRings
import TestAids
import Testing

@Suite("Backup blobs")
struct BackupBlobTests {
    /// What the older server that was recorded does not write.
    private static let newer = [
        ",\"rsa_public_key\":null", ",\"certificate_chain\":null,\"external_key_ref\":null",
        ",\"auto_rotate_period\":0,\"Imported\":false,\"AllowImportedKeyRotation\":false,\"soft_deleted\":false",
    ]

    private func checkRoundTrip(_ json: [UInt8], _ label: String) throws {
        let written = try Blobs.read(json).json()
        #expect(try Blobs.read(written).json() == written, "\(label)")
        var older = String(decoding: written, as: UTF8.self)
        for member in Self.newer { older = older.replacing(member, with: "") }
        #expect(older == String(decoding: json, as: UTF8.self), "\(label)")
    }

    @Test(
        "Recorded blobs are written as they were, but for the members of newer servers",
        arguments: ["aes256-gcm96", "ecdsa-p256", "rsa-2048"])
    func recorded(_ name: String) throws { try checkRoundTrip(Blobs.recorded(name), name) }

    @Test("So is every blob of the wire facts, where they are present")
    func everyRecordedBlob() throws {
        struct File: Decodable {
            struct Key: Decodable { let backup: String }
            let keys: [Key]
        }
        guard let data = FileManager.default.contents(atPath: "/work/shared/fixtures/vault-transit.json") else {
            return
        }
        for (index, key) in try JSONDecoder().decode(File.self, from: data).keys.enumerated() {
            try checkRoundTrip(withView(key.backup) { Base64.decode($0) }.get(), "key \(index)")
        }
    }

    @Test("A recorded elliptic curve key has its numbers")
    func ellipticCurve() throws {
        let blob = try Blobs.read(Blobs.recorded("ecdsa-p256"))
        #expect(blob.policy.name == "k9-ecdsa-p256" && blob.policy.type == 1 && blob.policy.isExportable)
        #expect(blob.policy.latestVersion == 3 && blob.policy.archiveVersion == 3)
        #expect(blob.keys.keys.sorted() == [1, 2, 3] && blob.archived.count == 4)
        #expect(blob.policy.backupInfo?.version == 3 && blob.policy.restoreInfo == nil)
        let entry = try #require(blob.keys[1])
        #expect(entry.time.seconds == 1_795_433_684 && entry.time.nanoseconds == 469_710_284)
        #expect(entry.creationUnixSeconds == 1_795_433_684)
        let x = "98054a079835049d8e79ab240a9f9c2d11edab117ec6f561e0d5c481a5d2cdd1"
        #expect(withView(entry.ecX ?? []) { Hex.encode($0) } == x)
        #expect(hex(entry.ecD)?.count == 64 && hex(entry.key) == nil && hex(entry.hmacKey)?.count == 64)
        #expect(entry.publicKey.hasPrefix("-----BEGIN PUBLIC KEY-----\n") && entry.rsa == nil)
        #expect(blob.archived[0].time.seconds == TimestampText.zeroSeconds && hex(blob.archived[0].hmacKey) == nil)
        #expect(hex(blob.archived[1].ecD) == hex(entry.ecD))
    }

    @Test("A recorded RSA key has its numbers")
    func rsa() throws {
        let blob = try Blobs.read(Blobs.recorded("rsa-2048"))
        let rsa = try #require(blob.keys[2]?.rsa)
        #expect(rsa.publicHalf.modulus.count == 256 && rsa.publicHalf.publicExponent == [1, 0, 1])
        #expect(hex(rsa.prime1)?.count == 256 && hex(rsa.prime2)?.count == 256)
        for number in [hex(rsa.privateExponent), hex(rsa.exponent1), hex(rsa.exponent2), hex(rsa.coefficient)] {
            #expect((number?.count ?? 0) > 240)
        }
    }

    @Test("A blob with every member set is written to the same bytes")
    func everyMember() throws {
        let blob = try Blobs.read(Blobs.full)
        #expect(try String(decoding: blob.json(), as: UTF8.self) == Blobs.full)
        #expect(blob.policy.keySize == 48 && hex(blob.policy.legacyKey) == "ff" && blob.policy.kdf == 1)
        #expect(blob.policy.hybridConfig?.pqc == "14" && blob.policy.hybridConfig?.ec == "ecdsa-p256")
        #expect(blob.policy.autoRotateNanoseconds == 3_600_000_000_000 && blob.policy.convergentVersion == -1)
        let entry = try #require(blob.keys[1])
        #expect(hex(entry.ecD) == "010000" && entry.ecY == [] && entry.publicKey == "-----\n<\u{2028}é\"")
        #expect(entry.rsaPublic == BackupRSAPublicKey(modulus: [21], publicExponent: [3]))
        #expect(entry.certificateChain == [[0x30, 0], []])
    }

    @Test("The smallest blob is read, and what it lacks is zero")
    func minimal() throws {
        let blob = try Blobs.read(Blobs.minimal)
        #expect(blob.policy.name == "m" && blob.policy.minDecryptionVersion == 1 && blob.policy.type == 0)
        #expect(blob.policy.archiveVersion == 0 && blob.archived.isEmpty && blob.policy.backupInfo == nil)
        let entry = try #require(blob.keys[1])
        #expect(hex(entry.key) == hex(entry.hmacKey) && hex(entry.key)?.hasSuffix("1e1f") == true)
        #expect(entry.time.seconds == TimestampText.zeroSeconds && entry.ecX == nil && hex(entry.ecD) == nil)
        let empty = try Blobs.read("{\"policy\":{}}")
        #expect(empty.keys.isEmpty && empty.policy.latestVersion == 0)
    }

    @Test("null is zero everywhere")
    func nulls() throws {
        let names = Blobs.emptyEntry.matches(of: #/"(\w+)":/#).map { "\"\($0.1)\":null" }
        #expect(names.count == 13)
        let entry = "{\(names.joined(separator: ","))}"
        let policy = """
            {"policy":{"name":null,"key_size":null,"keys":{"1":null,"2":\(entry)},"derived":null,"latest_version":null,\
            "type":null,"backup_info":null,"restore_info":{"time":null,"version":null},"version_template":null,\
            "auto_rotate_period":null,"Imported":null,"HybridConfig":null,"key":null},"archived_keys":{"keys":null}}
            """
        let written = try String(decoding: Blobs.read(policy).json(), as: UTF8.self)
        #expect(written.contains("\"keys\":{\"1\":\(Blobs.emptyEntry),\"2\":\(Blobs.emptyEntry)}"))
        #expect(written.contains("\"archived_keys\":{\"keys\":[]}"))
        #expect(try Blobs.read("{\"policy\":{\"keys\":null},\"archived_keys\":null}").keys.isEmpty)
    }

    @Test("Member names count without regard to case and to escapes; unknown members are passed over")
    func memberNames() throws {
        let blob = try Blobs.read(
            """
            {"x":[{"policy":1}],"POLICY":{"Name":"a","\\u0074YPE":3,"imported":true,"y":{"type":4},
            "Keys":{"1":{"HMAC_KEY":"AA==","Rsa_Key":{"n":3,"primes":[1,2],"precomputed":{"DP":9,"z":[]}}}}},
            "Archived_Keys":{"KEYS":[{}],"other":null}}
            """)
        #expect(blob.policy.name == "a" && blob.policy.type == 3 && blob.policy.isImported)
        let entry = try #require(blob.keys[1])
        let rsa = try #require(entry.rsa)
        #expect(hex(entry.hmacKey) == "00" && hex(rsa.exponent1) == "09")
        #expect(rsa.publicHalf.modulus == [3] && blob.archived.count == 1)
    }

    @Test("Of two members with one name the later counts")
    func duplicates() throws {
        let blob = try Blobs.read(
            """
            {"policy":{"name":"a","keys":{"1":{},"2":{}}},"archived_keys":{"keys":[{},{}]},
            "policy":{"type":1,"TYPE":2,"keys":{"3":{"key":"AA=="},"3":{"key":"AQ==","Key":"Ag=="}}},
            "archived_keys":{"keys":[{}],"keys":[{},{},{}]}}
            """)
        #expect(blob.policy.name == "" && blob.policy.type == 2 && blob.keys.keys.sorted() == [3])
        #expect(try hex(#require(blob.keys[3]).key) == "02" && blob.archived.count == 3)
        #expect(Blobs.fault("{\"policy\":{},\"policy\":null}") == .missingPolicy)
    }

    @Test("Numbers of 4096 bits and more stay exact")
    func longNumbers() throws {
        let digits = "1" + String(repeating: "0", count: 2000) + "7"
        let blob = try Blobs.read("{\"policy\":{\"keys\":{\"1\":{\"ec_x\":\(digits),\"ec_d\":\(digits)}}}}")
        let written = try String(decoding: blob.json(), as: UTF8.self)
        #expect(written.contains("\"ec_x\":\(digits),\"ec_y\":null,\"ec_d\":\(digits),"))
    }

    @Test("Keys that lie in another system are marked, and not written")
    func externalKeys() throws {
        for member in ["\"external_key_ref\":\"r\"", "\"external_key_ref\":{}", "\"managed_key_id\":\"4\""] {
            let blob = try Blobs.read("{\"policy\":{\"keys\":{\"1\":{\(member)}}}}")
            #expect(blob.keys[1]?.hasExternalReference == true)
            #expect(throws: BackupFault.externalReference) { _ = try blob.json() }
        }
        let blob = try Blobs.read("{\"policy\":{\"keys\":{\"1\":{\"external_key_ref\":\"\",\"managed_key_id\":null}}}}")
        #expect(blob.keys[1]?.hasExternalReference == false)
    }

    @Test("A time or number that cannot be written is a fault")
    func unwritable() {
        func fault(_ entry: BackupEntry) -> BackupFault? {
            do throws(BackupFault) {
                _ = try BackupBlob(policy: BackupPolicy(), keys: [1: entry], archived: []).json()
                return nil
            } catch {
                return error
            }
        }
        #expect(fault(BackupEntry()) == nil)
        #expect(fault(BackupEntry(time: (seconds: .max, nanoseconds: 0))) == .time(.time))
        #expect(fault(BackupEntry(ecX: [UInt8](repeating: 1, count: 1025))) == .number(.ecX))
    }
}
