internal import Foundation

/// What libFuzzer calls for every input; the result is always 0.
package typealias FuzzBody = @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32

// libFuzzer without its own `main`, which SwiftPM's would clash with.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>, _ body: FuzzBody
) -> Int32

/// Hands the process to libFuzzer; with `--seeds FOLDER`, writes the seed inputs there instead.
package func fuzz(seeds: [[UInt8]], _ body: FuzzBody) -> Never {
    let words = CommandLine.arguments
    if words.count == 3, words[1] == "--seeds" {
        for (number, seed) in seeds.enumerated() {
            guard FileManager.default.createFile(atPath: "\(words[2])/seed-\(number)", contents: Data(seed)) else {
                preconditionFailure("cannot write seeds to \(words[2])")
            }
        }
        exit(0)
    }
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    exit(runDriver(&count, &arguments, body))
}

/// The input as a buffer; what was found wrong ends the process, which libFuzzer takes for a crash.
package func input(_ start: UnsafePointer<UInt8>?, _ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
}
