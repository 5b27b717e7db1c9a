/// A start-up self-test that did not pass; the server must not start.
package struct SelfTestFailure: Error, Equatable {
    /// Which one, as in `SelfTests.names`.
    package let name: String

    /// The failure of the test with that name.
    package init(name: String) { self.name = name }
}
