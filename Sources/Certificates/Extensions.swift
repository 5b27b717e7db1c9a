internal import SwiftASN1

/// What the extensions of a certificate or a request say that matters here. **Source** RFC 5280 §4.1.2.9, §4.2.
struct Extensions {
    /// Whether there are basic constraints that make an authority.
    private(set) var isAuthority = false

    /// Reads an Extensions value; none may come twice.
    init(_ node: ASN1Node) throws(MalformedPart) {
        var entries = try node.elements(.sequence, or: .extensions)
        var seen: Set<ArraySlice<UInt8>> = []
        while let entry = entries.next() {
            var members = try entry.elements(.sequence, or: .extensions)
            let identifier = try members.required(or: .extensions).objectIdentifier(or: .extensions)
            guard seen.insert(identifier).inserted else { throw .extensions }
            var value = try members.required(or: .extensions)
            if value.identifier == .boolean {
                _ = try value.truth(or: .extensions)
                value = try members.required(or: .extensions)
            }
            guard members.next() == nil else { throw .extensions }
            let bytes = try value.bytes(.octetString, or: .extensions)
            if identifier.elementsEqual(ObjectIdentifierBytes.basicConstraints) {
                isAuthority = try Self.isAuthority(.root(Array(bytes)))
            } else if identifier.elementsEqual(ObjectIdentifierBytes.subjectAlternativeName) {
                try Self.checkNames(.root(Array(bytes)))
            }
        }
    }

    private static func isAuthority(_ constraints: ASN1Node) throws(MalformedPart) -> Bool {
        var members = try constraints.elements(.sequence, or: .basicConstraints)
        var next = members.next()
        var isAuthority = false
        if let node = next, node.identifier == .boolean {
            isAuthority = try node.truth(or: .basicConstraints)
            next = members.next()
        }
        if let pathLength = next {
            _ = try pathLength.integer(or: .basicConstraints)
            next = members.next()
        }
        guard next == nil else { throw .basicConstraints }
        return isAuthority
    }

    private static func checkNames(_ node: ASN1Node) throws(MalformedPart) {
        var names = try node.elements(.sequence, or: .alternativeNames)
        while let name = names.next() {
            guard name.identifier.tagClass == .contextSpecific, name.identifier.tagNumber <= 8 else {
                throw .alternativeNames
            }
            switch name.identifier.tagNumber {
            // Mail address, DNS name, URI: IA5String.
            case 1, 2, 6:
                let text = try name.bytes(name.identifier, or: .alternativeNames)
                guard text.allSatisfy({ $0 < 0x80 }) else { throw .alternativeNames }
            // IP address, of version 4 or 6.
            case 7:
                let length = try name.bytes(name.identifier, or: .alternativeNames).count
                guard length == 4 || length == 16 else { throw .alternativeNames }
            default: break
            }
        }
    }
}

extension ASN1Node {
    /// The value of a BOOLEAN. **Source** X.690 §11.1.
    fileprivate func truth(or part: MalformedPart) throws(MalformedPart) -> Bool {
        let bytes = try bytes(.boolean, or: part)
        guard bytes.count == 1, let value = bytes.first, value == 0 || value == 0xFF else { throw part }
        return value == 0xFF
    }
}
