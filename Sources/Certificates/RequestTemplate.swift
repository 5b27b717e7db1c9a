internal import Bytes
internal import SwiftASN1

/// What a new signing request takes over from another one, byte by byte.
///
/// The template's key may be of any kind, and its signature is not verified: both are replaced.
/// **Source** RFC 2986 §4, RFC 2985 §5.4.2.
struct RequestTemplate {
    /// DER of the subject's Name.
    let subject: [UInt8]
    /// DER of the attributes with their `[0]` tag.
    let attributes: [UInt8]

    /// An empty subject and no attributes.
    static let empty = RequestTemplate(subject: [0x30, 0x00], attributes: [0xA0, 0x00])

    private init(subject: [UInt8], attributes: [UInt8]) {
        self.subject = subject
        self.attributes = attributes
    }

    init(der: [UInt8]) throws(MalformedPart) {
        var frame = try ASN1Node.root(der).elements(.sequence, or: .frame)
        var members = try frame.required(or: .frame).elements(.sequence, or: .frame)
        try frame.required(or: .algorithm).algorithm(or: .algorithm)
        try frame.required(or: .signature).checkBitString(or: .signature)
        guard frame.next() == nil else { throw .frame }

        guard try members.required(or: .version).integer(or: .version).elementsEqual([0]) else { throw .version }
        let subject = try members.required(or: .subject)
        try subject.checkName(or: .subject)
        try members.required(or: .publicKey).publicKeyAlgorithm()
        self.subject = Array(subject.encodedBytes)
        // Some makers leave empty attributes out.
        if let attributes = members.next() {
            try Self.check(attributes: attributes)
            self.attributes = Array(attributes.encodedBytes)
        } else {
            attributes = Self.empty.attributes
        }
        guard members.next() == nil else { throw .frame }
    }

    private static func check(attributes node: ASN1Node) throws(MalformedPart) {
        var attributes = try node.elements(.context(0), or: .attributes)
        while let attribute = attributes.next() {
            var pair = try attribute.elements(.sequence, or: .attributes)
            let identifier = try pair.required(or: .attributes).objectIdentifier(or: .attributes)
            var values = try pair.required(or: .attributes).elements(.set, or: .attributes)
            guard pair.next() == nil else { throw .attributes }
            guard identifier.elementsEqual(ObjectIdentifierBytes.extensionRequest) else { continue }
            _ = try Extensions(values.required(or: .extensions))
            guard values.next() == nil else { throw .extensions }
        }
    }
}
