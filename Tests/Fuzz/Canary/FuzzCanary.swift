import Bytes
import FuzzDriver

/// A planted bug that the fuzzer has to find: it shows that crashes are noticed at all.
@main
enum FuzzCanary {
    static func main() {
        fuzz(seeds: [Array("vault".utf8)]) { start, count in
            let bytes = ByteView(input(start, count))
            if bytes.hasPrefix("vau") && bytes[3] == UInt8(ascii: "1") && bytes[4] == UInt8(ascii: "t") {
                preconditionFailure("the planted bug")
            }
            return 0
        }
    }
}
