internal import Bytes
internal import Glibc

/// Text that stands around each result of a run, ready to be copied.
struct TextFrame: ~Copyable {
    private let text: ByteWriter
    private let headLength: Int

    /// A frame of what was written to `text`, of which the first `headLength` bytes go in front.
    init(_ text: consuming ByteWriter, headLength: Int) {
        self.text = text
        self.headLength = headLength
    }

    /// Appends the head, the base64 of the bytes, and the tail.
    @inline(__always)
    func append(base64 bytes: ByteView, to output: inout ByteWriter) {
        let (head, tail) = (text.view.slice(0, headLength), text.view.dropFirst(headLength))
        output.append(room: text.count + (bytes.count + 2) / 3 * 4 + 64) { out in
            memcpy(out, head.pointer, head.count)
            let end = out + head.count + Base64.encode(bytes, into: out + head.count)
            memcpy(end, tail.pointer, tail.count)
            return end - out + tail.count
        }
    }
}
