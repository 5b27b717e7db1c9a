import Testing
import Vocabulary

@Suite struct PeerAddressTests {
    @Test func textsAreReadAndWritten() {
        for (text, wanted, port) in [
            ("192.0.2.1", "192.0.2.1", 0), ("192.0.2.1:80", "192.0.2.1", 80), ("2001:DB8::1", "2001:db8::1", 0),
            ("[2001:db8::1]:65535", "2001:db8::1", 65535), ("[::1]", "::1", 0), ("::ffff:192.0.2.1", "192.0.2.1", 0),
            ("::", "::", 0), ("255.255.255.255", "255.255.255.255", 0),
        ] {
            let address = PeerAddress(text: text)
            #expect(address?.text == wanted && address?.port == UInt16(port), "\(text)")
        }
        for text in [
            "", " ", "192.0.2", "192.0.2.256", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:+1", "192.0.2.1:-1", "[::1",
            "[::1]80", "[::1]:", "[192.0.2.1]", "::1:", "fe80::1%eth0", "localhost", "192.0.2.1\0", "1.2.3.4.5", "[]",
        ] {
            #expect(PeerAddress(text: text) == nil, "\(text)")
        }
        #expect(PeerAddress.unknown.text == "" && PeerAddress.unix.text == "unix")
        #expect(PeerAddress(v4: 0x7F00_0001).isV4 && PeerAddress(text: "::1")?.isV4 == false)
    }

    @Test func rangesHoldWhatTheirPrefixSays() {
        for (range, inside, outside) in [
            (
                "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.1.1"],
                ["11.0.0.0", "9.255.255.255", "::10.0.0.0"]
            ),
            ("10.1.2.3/8", ["10.9.9.9"], ["11.0.0.0"]), ("192.0.2.1", ["192.0.2.1"], ["192.0.2.0", "192.0.2.2"]),
            ("192.0.2.1/32", ["192.0.2.1"], ["192.0.2.0"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::1", "2001::"]),
            ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db9::", "10.0.0.1"]),
            ("2001:db8::/65", ["2001:db8::1"], ["2001:db8:0:0:8000::"]), ("::/0", ["::1", "10.0.0.1"], []),
            ("::1/128", ["::1"], ["::2", "::"]), ("fe80::/64", ["fe80::ffff:ffff:ffff:ffff"], ["fe80:0:0:1::"]),
        ] {
            let range = AddressRange(text: range)
            for text in inside { #expect(PeerAddress(text: text).map { range?.contains($0) } == true, "\(text)") }
            for text in outside { #expect(PeerAddress(text: text).map { range?.contains($0) } == false, "\(text)") }
            #expect(range?.contains(.unix) == false && range?.contains(.unknown) == false)
        }
        for text in [
            "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "10.0.0.0/8/8", "a/8",
        ] {
            #expect(AddressRange(text: text) == nil, "\(text)")
        }
        #expect(AddressRange(text: "10.0.0.1:80") == nil && AddressRange(text: "[::1]/128") == nil)
    }
}
