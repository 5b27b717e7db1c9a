import Bytes
import TestAids
import Testing

@Suite("Byte view")
struct ByteViewTests {
    @Test("Reading outside a view gives NUL")
    func outside() {
        let memory = GuardedMemory(room: 16)
        memory.withView([1, 2, 3]) { view in
            #expect([view[0], view[1], view[2]] == [1, 2, 3])
            for index in [-1, 3, 4, 4096, 1 << 40, .max, .min] { #expect(view[index] == 0, "\(index)") }
        }
        #expect(ByteView.empty[0] == 0)
        #expect(ByteView(UnsafeRawBufferPointer(start: nil, count: 0)).isEmpty)
    }

    @Test("Slices are cut to what the view holds")
    func slices() {
        withView("abcdef") { view in
            #expect(view.slice(1, 3).string == "bcd")
            #expect(view.slice(4, 100).string == "ef")
            #expect(view.slice(-2, 3).string == "abc")
            #expect(view.slice(100, 5).isEmpty)
            #expect(view.slice(2, -1).isEmpty)
            #expect(view.slice(.max, .max).isEmpty)
            #expect(view.slice(.min, .max).string == "abcdef")
            #expect(view.dropFirst(2).string == "cdef")
            #expect(view.dropFirst(100).isEmpty)
            #expect(view.slice(2, 3).slice(1, 100).string == "de")
        }
    }

    @Test("A byte is found from an offset on, and never outside the view")
    func finding() {
        withView("abcabc") { view in
            let part = view.slice(0, 4)
            #expect(part.firstIndex(of: 0x61) == 0)
            #expect(part.firstIndex(of: 0x61, from: 1) == 3)
            #expect(part.firstIndex(of: 0x61, from: 4) == nil)
            #expect(part.firstIndex(of: 0x62, from: 2) == nil)
            #expect(part.firstIndex(of: 0x61, from: -1) == nil)
            #expect(ByteView.empty.firstIndex(of: 0) == nil)
        }
    }

    @Test("Comparisons look at every byte and at the length")
    func comparing() {
        withView("Content-Type") { view in
            #expect(view.equals("Content-Type"))
            #expect(!view.equals("Content-Typ") && !view.equals("Content-TypE"))
            #expect(view.hasPrefix("Content") && view.hasPrefix("") && !view.hasPrefix("content"))
            #expect(!view.hasPrefix("Content-Type2"))
            #expect(view.equalsIgnoringCase("content-type"))
            #expect(!view.equalsIgnoringCase("content-typ") && !view.equalsIgnoringCase("content_type"))
            let same = withView("Content-Type") { view.equalsVariableTime($0) }
            let other = withView("Content-type") { view.equalsVariableTime($0) }
            #expect(same && !other)
        }
        withView("[") { #expect(!$0.equalsIgnoringCase("{")) }
    }

    @Test("Text that is not UTF-8 becomes U+FFFD, the bytes stay")
    func text() {
        withView([0x61, 0xFF]) { view in
            #expect(view.string == "a\u{fffd}")
            #expect(view.array == [0x61, 0xFF])
        }
    }
}
