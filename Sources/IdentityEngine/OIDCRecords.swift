internal import Bytes
internal import EngineKit
internal import Primitives

/// **Layout** format 1: the fields in the order below; private keys as PKCS #8, behind the barrier.
extension NamedKey {
    var record: [UInt8] {
        get throws(IdentityPathError) {
            var writer = RecordWriter(format: 1)
            writer.put(text: algorithm.rawValue)
            for number in [rotationSeconds, verificationSeconds, rotatedUnixSeconds] { writer.put(number) }
            writer.put(clientIDs.count)
            for id in clientIDs { writer.put(text: id) }
            try Self.put(current, into: &writer)
            writer.put(retired.count)
            for old in retired {
                try Self.put(old.key, into: &writer)
                writer.put(old.endsUnixSeconds)
            }
            return writer.record
        }
    }

    private static func put(_ key: SigningKey, into writer: inout RecordWriter) throws(IdentityPathError) {
        writer.put(text: key.id)
        writer.put(text: key.algorithm.rawValue)
        do throws(AsymmetricError) {
            try key.key.exposingDER(.pkcs8) { der throws(AsymmetricError) in writer.put(der) }
        } catch {
            throw .signing
        }
    }

    init(record: ByteView) throws {
        var reader = try RecordReader(record)
        guard reader.format == 1, let algorithm = SigningAlgorithm(rawValue: try reader.text()) else {
            throw RecordFault()
        }
        let (rotation, verification, rotated) = (try reader.int(), try reader.int(), try reader.int())
        var clientIDs: [String] = []
        for _ in 0..<(try reader.count(ofAtLeast: 8)) { clientIDs.append(try reader.text()) }
        self.init(
            algorithm: algorithm, rotationSeconds: rotation, verificationSeconds: verification,
            clientIDs: clientIDs, current: try Self.key(&reader), rotatedUnixSeconds: rotated)
        for _ in 0..<(try reader.count(ofAtLeast: 32)) {
            let key = try Self.key(&reader)
            retired.append(Retired(key: key, endsUnixSeconds: try reader.int()))
        }
        try reader.finish()
    }

    private static func key(_ reader: inout RecordReader) throws -> SigningKey {
        let id = try reader.text()
        guard let algorithm = SigningAlgorithm(rawValue: try reader.text()) else { throw RecordFault() }
        return SigningKey(id: id, algorithm: algorithm, key: try PrivateKey(pkcs8: try reader.view()))
    }
}

extension TokenRole {
    var record: [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(text: key)
        writer.put(text: template)
        writer.put(ttlSeconds)
        writer.put(text: clientID)
        return writer.record
    }

    init(record: ByteView) throws(RecordFault) {
        var reader = try RecordReader(record)
        guard reader.format == 1 else { throw RecordFault() }
        self.init(
            key: try reader.text(), template: try reader.text(), ttlSeconds: try reader.int(),
            clientID: try reader.text())
        try reader.finish()
    }
}
