internal import Bytes
internal import Vocabulary

/// What a verb, a query and a media type come to. **Source** system wire facts §1.1, §1.2.
struct RequestShape {
    let operation: Operation
    /// Whether the path is only to be explained.
    private(set) var asksForHelp = false

    init(_ request: WireRequest) throws(DispatchFault) {
        switch request.method {
        case .post, .put: operation = .write
        case .delete: operation = .delete
        case .list: operation = .list
        case .get, .head:
            operation = try Self.flag("list", in: request.query) ? .list : .read
            asksForHelp = try Self.flag("help", in: request.query)
        case .patch:
            if !request.isMergePatch { throw .mergePatchOnly }
            operation = .patch
        case .other: throw .unsupportedOperation
        }
    }

    /// The right that goes with the operation; of a write, the more usual one.
    var capability: Capability {
        switch operation {
        case .read: .read
        case .list: .list
        case .write: .update
        case .delete: .delete
        case .patch: .patch
        }
    }

    /// The parameters as JSON: the body of a write, the query of everything else. What had to be rewritten is lent from
    /// `scratch`.
    func parameters(of request: WireRequest, _ scratch: inout ByteWriter) -> ByteView {
        if operation != .write && operation != .patch {
            if request.query.isEmpty { return .empty }
            scratch = FormBody.json(from: request.query, leavingOut: ["list", "help"])
            return scratch.view
        }
        guard operation == .write, request.isForm, let first = request.body.firstPrinting, first != UInt8(ascii: "{"),
            first != UInt8(ascii: "[")
        else { return request.body }
        scratch = FormBody.json(from: request.body)
        return scratch.view
    }

    private static func flag(_ name: String, in query: ByteView) throws(DispatchFault) -> Bool {
        if query.isEmpty { return false }
        for part in query.string.split(separator: "&") where part == name || part.hasPrefix(name + "=") {
            switch part.dropFirst(name.utf8.count + 1) {
            case "1", "t", "T", "TRUE", "true", "True": return true
            case "0", "f", "F", "FALSE", "false", "False", "": return false
            default: throw .listFlag
            }
        }
        return false
    }
}

extension ByteView {
    /// The first byte that is not white space.
    fileprivate var firstPrinting: UInt8? {
        for index in 0..<count where self[index] > 0x20 { return self[index] }
        return nil
    }
}
