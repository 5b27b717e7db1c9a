internal import SwiftASN1

// What certificates and signing requests are made of. Only form is judged, and keys are not looked at: an authority may
// have one of a kind that this house does not know, and a template's key is replaced. **Source** RFC 5280 §4.1.

/// The DER contents of the object identifiers that matter here.
enum ObjectIdentifierBytes {
    /// 2.5.29.17. **Source** RFC 5280 §4.2.1.6.
    static let subjectAlternativeName: [UInt8] = [0x55, 0x1D, 0x11]
    /// 2.5.29.19. **Source** RFC 5280 §4.2.1.9.
    static let basicConstraints: [UInt8] = [0x55, 0x1D, 0x13]
    /// 1.2.840.113549.1.9.14. **Source** RFC 2985 §5.4.2.
    static let extensionRequest: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E]
    /// 1.2.840.113549.1.1.1. **Source** RFC 3279 §2.3.1.
    static let rsa: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]
    /// 1.2.840.10040.4.1. **Source** RFC 3279 §2.3.2.
    static let dsa: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x01]
    /// 1.2.840.10045.2.1. **Source** RFC 5480 §2.1.1.
    static let ellipticCurve: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
    /// 1.3.101.112. **Source** RFC 8410 §3.
    static let ed25519: [UInt8] = [0x2B, 0x65, 0x70]
}

extension ASN1Identifier {
    /// `[number]`, implicit or explicit.
    static func context(_ number: UInt) -> ASN1Identifier {
        ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
    }
}

extension ASN1Node {
    /// The root of bytes that are one DER value and nothing else; the library goes 50 levels deep at most.
    static func root(_ der: [UInt8]) throws(MalformedPart) -> ASN1Node {
        do { return try DER.parse(der) } catch { throw .encoding }
    }

    /// The elements of a constructed value with that tag.
    func elements(_ tag: ASN1Identifier, or part: MalformedPart) throws(MalformedPart) -> ASN1NodeCollection.Iterator {
        guard identifier == tag, case .constructed(let nodes) = content else { throw part }
        return nodes.makeIterator()
    }

    /// The content of a primitive value with that tag.
    func bytes(_ tag: ASN1Identifier, or part: MalformedPart) throws(MalformedPart) -> ArraySlice<UInt8> {
        guard identifier == tag, case .primitive(let bytes) = content else { throw part }
        return bytes
    }

    /// The content of an INTEGER in its shortest form.
    func integer(or part: MalformedPart) throws(MalformedPart) -> ArraySlice<UInt8> {
        let bytes = try bytes(.integer, or: part)
        guard let first = bytes.first else { throw part }
        if let second = bytes.dropFirst().first {
            guard !(first == 0 && second < 0x80), !(first == 0xFF && second >= 0x80) else { throw part }
        }
        return bytes
    }

    /// The content of an OBJECT IDENTIFIER, which is not taken apart: arcs may be of any size.
    func objectIdentifier(or part: MalformedPart) throws(MalformedPart) -> ArraySlice<UInt8> {
        let bytes = try bytes(.objectIdentifier, or: part)
        guard let last = bytes.last, last < 0x80 else { throw part }
        return bytes
    }

    /// Checks a BIT STRING.
    func checkBitString(or part: MalformedPart) throws(MalformedPart) {
        do { _ = try ASN1BitString(derEncoded: self) } catch { throw part }
    }

    /// Checks an AlgorithmIdentifier and gives the object identifier in it. **Source** RFC 5280 §4.1.1.2.
    @discardableResult
    func algorithm(or part: MalformedPart) throws(MalformedPart) -> ArraySlice<UInt8> {
        var members = try elements(.sequence, or: part)
        let identifier = try members.required(or: part).objectIdentifier(or: part)
        _ = members.next()
        guard members.next() == nil else { throw part }
        return identifier
    }

    /// Checks a Name. **Source** RFC 5280 §4.1.2.4.
    func checkName(or part: MalformedPart) throws(MalformedPart) {
        var relatives = try elements(.sequence, or: part)
        while let relative = relatives.next() {
            var attributes = try relative.elements(.set, or: part)
            var isEmpty = true
            while let attribute = attributes.next() {
                isEmpty = false
                var pair = try attribute.elements(.sequence, or: part)
                _ = try pair.required(or: part).objectIdentifier(or: part)
                _ = try pair.required(or: part)
                guard pair.next() == nil else { throw part }
            }
            guard !isEmpty else { throw part }
        }
    }

    /// Checks a SubjectPublicKeyInfo and gives its algorithm.
    @discardableResult
    func publicKeyAlgorithm() throws(MalformedPart) -> ArraySlice<UInt8> {
        var members = try elements(.sequence, or: .publicKey)
        let algorithm = try members.required(or: .publicKey).algorithm(or: .publicKey)
        try members.required(or: .publicKey).checkBitString(or: .publicKey)
        guard members.next() == nil else { throw .publicKey }
        return algorithm
    }
}

extension ASN1NodeCollection.Iterator {
    /// The next element, which must exist.
    mutating func required(or part: MalformedPart) throws(MalformedPart) -> ASN1Node {
        guard let node = next() else { throw part }
        return node
    }
}
