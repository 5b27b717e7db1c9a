import Bytes
import Dispatching
import Testing

@testable import HTTPAPI

private func encode(
    _ reply: WireReply, body: StaticString = "", sendsBody: Bool = true, note: ConnectionNote = .none
) -> String {
    let (body, dateLine) = (ByteView(body), ByteView("Date: D\r\n"))
    let room = ResponseEncoder.room(for: reply, body: body, dateLine: dateLine)
    return String(unsafeUninitializedCapacity: room) {
        ResponseEncoder.encode(
            reply, body: body, sendsBody: sendsBody, note: note, dateLine: dateLine,
            into: UnsafeMutableRawBufferPointer($0))
    }
}

@Suite struct ResponseEncoderTests {
    @Test func answersHaveExactlyTheseHeaders() {
        #expect(
            encode(WireReply(status: 200), body: "{}")
                == "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
                + "Content-Length: 2\r\nDate: D\r\n\r\n{}")
        #expect(
            encode(WireReply(status: 204, contentType: nil), note: .close)
                == "HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\nDate: D\r\nConnection: close\r\n\r\n")
        #expect(
            encode(WireReply(status: 204), body: "ignored")
                == "HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\nCache-Control: "
                + "no-store\r\nDate: D\r\n\r\n"
        )
        #expect(
            encode(WireReply(status: 418), body: "0123456789", sendsBody: false, note: .keepAlive)
                == "HTTP/1.1 418 \r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
                + "Content-Length: 10\r\nDate: D\r\nConnection: keep-alive\r\n\r\n")
        #expect(
            encode(WireReply(status: -7, contentType: nil), body: "x")
                == "HTTP/1.1 500 Internal Server Error\r\nCache-Control: no-store\r\nContent-Length: 0\r\nDate: "
                + "D\r\n\r\n"
        )
    }

    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"), (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
    ])
    func datesAreInTheFixedForm(seconds: Int, text: String) {
        #expect(HTTPDate.text(unixSeconds: seconds) == text)
    }
}
