/// An answer that is to be kept for one reader.
package struct WrapWish: Sendable {
    /// The whole answer: an envelope with its `request_id` in front, which is replaced when it is unwrapped.
    package var answer: [UInt8]
    /// How long it is kept. **Units** seconds.
    package var seconds: Int
    /// The whole request path.
    package var path: String
    /// The accessor of the token inside; empty when there is none.
    package var wrappedAccessor: String

    /// A wish.
    package init(answer: [UInt8], seconds: Int, path: String, wrappedAccessor: String = "") {
        self.answer = answer
        self.seconds = seconds
        self.path = path
        self.wrappedAccessor = wrappedAccessor
    }
}

/// What is told of a wrapped answer, in the envelope's `wrap_info`. **Source** system wire facts §1.9, §9.
package struct WrapInfo: Sendable {
    /// The token to unwrap it with.
    package var token: SealSecret
    /// Its accessor.
    package var accessor: String
    /// **Units** seconds.
    package var seconds: Int
    /// **Units** Unix seconds.
    package var createdUnixSeconds: Int
    /// What `createdUnixSeconds` leaves out.
    package var createdNanoseconds: Int
    /// The path of the request whose answer it is; not always the one of this request (rewrap).
    package var creationPath: String
    /// The accessor of the token inside; empty when there is none.
    package var wrappedAccessor: String

    /// What is told.
    package init(
        token: SealSecret, accessor: String, seconds: Int, createdUnixSeconds: Int, createdNanoseconds: Int = 0,
        creationPath: String, wrappedAccessor: String = ""
    ) {
        self.token = token
        self.accessor = accessor
        self.seconds = seconds
        self.createdUnixSeconds = createdUnixSeconds
        self.createdNanoseconds = createdNanoseconds
        self.creationPath = creationPath
        self.wrappedAccessor = wrappedAccessor
    }
}

/// Keeps answers for one reader. Implemented by the token store.
package protocol ResponseWrapping: AnyObject, Sendable {
    /// Keeps the answer, and makes the token for it.
    func wrap(_ wish: WrapWish) async throws(TokenFault) -> WrapInfo
}
