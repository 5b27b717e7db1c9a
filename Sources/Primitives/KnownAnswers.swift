// swift-format-ignore-file
// Table: expected values of the self-tests, copied from the vector files of the repository.

/// What the self-tests expect.
enum KnownAnswers {
    /// One sealed message, all members in hex. **Layout** of `sealed`: `nonce ‖ ciphertext ‖ tag`.
    struct Cipher {
        let key: String
        let aad: String
        let plaintext: String
        let sealed: String
    }

    /// The sealed message for a cipher.
    static func cipher(_ algorithm: AEADAlgorithm) -> Cipher {
        switch algorithm {
        case .aes128GCM: aes128GCM
        case .aes256GCM: aes256GCM
        case .chacha20Poly1305: chacha20Poly1305
        case .xchacha20Poly1305: xchacha20Poly1305
        case .aes256GCMSIV: aes256GCMSIV
        case .xaes256GCM: xaes256GCM
        }
    }

    // NIST CAVP gcmEncryptExtIV128
    private static let aes128GCM = Cipher(
        key: "32406fc5ecd36e327c45c9e783870b54",
        aad:
            "635ba2c5301e218182da81805de97b2aab5f163397d319c4548dee5ca7fb4a6c601f667da3c542347890e267f9"
            + "4d613e",
        plaintext:
            "3d49646a76dafcb7ff78aca9415207b107afe751b2cebc1757cfc74402f15f89c36ebad397fa033d21c26ece33"
            + "533c4d80897b",
        sealed:
            "22e95c98f482982ea0f189c8e8396f91e757cc47385e2d45a0dd8a3fa34350a9d1e0cabadbe73ea2b17b866c7c"
            + "ce8df163a802a7e207e80fe6f11d15f2e483630431ebd61f8f2e01639d2e6cf3acc8")

    // NIST CAVP gcmEncryptExtIV256
    private static let aes256GCM = Cipher(
        key: "b405739bf8f781a2b6efea768e3362c3de6735bcaadb30861c932550d81fe384",
        aad:
            "39a7a0fea2e3f157b9a79e031f6eb5a33b7d71dd02e2186df14949a4f8dcf19c2dbfa7570e30713b9aa3cd76d6"
            + "308db7",
        plaintext:
            "b2e4b35b0a3c551ff956271481ce7f3c5482f9b29d0129cbfce3c5f0086730f2372c601101b383d90a5a34dfba"
            + "435182aceccc",
        sealed:
            "974b4dd35d955f8fa171ca5b12c0a9a716e79ad7c72fa2710c1e1fe4e4074f24510b2129904baa206bf57dc677"
            + "f94123a2a113d8fd506d34edd54087a6f6156a005e765596ca8bbc693b87e3699e7f")

    // RFC 8439 §2.8.2
    private static let chacha20Poly1305 = Cipher(
        key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        aad: "50515253c0c1c2c3c4c5c6c7",
        plaintext:
            "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620"
            + "4920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f722074686520667574757265"
            + "2c2073756e73637265656e20776f756c642062652069742e",
        sealed:
            "070000004041424344454647d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63d"
            + "bea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee32809"
            + "1b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e"
            + "902ecbd0600691")

    // draft-irtf-cfrg-xchacha-03 §A.3.1
    private static let xchacha20Poly1305 = Cipher(
        key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        aad: "50515253c0c1c2c3c4c5c6c7",
        plaintext:
            "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620"
            + "4920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f722074686520667574757265"
            + "2c2073756e73637265656e20776f756c642062652069742e",
        sealed:
            "404142434445464748494a4b4c4d4e4f5051525354555657bd6d179d3e83d43b9576579493c0e939572a170025"
            + "2bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c"
            + "9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b"
            + "13b52ec0875924c1c7987947deafd8780acf49")

    // RFC 8452 §C.2
    private static let aes256GCMSIV = Cipher(
        key: "0100000000000000000000000000000000000000000000000000000000000000",
        aad: "01",
        plaintext: "0200000000000000000000000000000003000000000000000000000000000000",
        sealed:
            "03000000000000000000000007dad364bfc2b9da89116d7bef6daaaf6f255510aa654f920ac81b94e8bad365ae"
            + "a1bad12702e1965604374aab96dbbc")

    // C2SP XAES-256-GCM, accumulated tests
    private static let xaes256GCM = Cipher(
        key: "f154d212a1f377bddb976cf33c77abdca03ad46114e8e3a2114c4fe640568647",
        aad:
            "a04f68a8b9232b7ab66b734ef893659e927a4ac5a8c5753ed480966f67bae7790664345ff7f2fc929167737fc3"
            + "7ab4faf1dc3060ab7ee57c9792af718db4027a46359951bc21c626eb5c78731bd2bd31414fe493381be0f616b7"
            + "32fa1954217f",
        plaintext:
            "a81b3ff147e615f782fd7ce4f512ee70545412e44e652eb9bc6f2f99e013099553257b98cbc8a1f83af0b77f7e"
            + "68",
        sealed:
            "3c74e86094326ed78d2abc386407096df8043b5eb33c8dffd162b672ba1b5c2e1870d9d6d785d89066de33adb4"
            + "dc7d222b9a81219cd6711c143e33981d4bc8c3a6a7476fa2a40595b1b6a142d37bf13c5ff272604b18")

    /// The digest of "abc". **Source** the examples to FIPS 180-4 and FIPS 202.
    static func digest(_ algorithm: DigestAlgorithm) -> String {
        switch algorithm {
        case .sha1:
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        case .sha2_224:
            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"
        case .sha2_256:
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        case .sha2_384:
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
        case .sha2_512:
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3"
            + "feebbd454d4423643ce80e2a9ac94fa54ca49f"
        case .sha3_224:
            "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"
        case .sha3_256:
            "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"
        case .sha3_384:
            "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25"
        case .sha3_512:
            "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647"
            + "e3934057340b4cf408d5a56592f8274eec53f0"
        }
    }

    /// The code of "what do ya want for nothing?" under the key "Jefe". **Source** test case 2 of RFC 2202 (SHA-1) and
    /// RFC 4231 (SHA-2); for SHA-3 the same case, computed with two other implementations.
    static func code(_ algorithm: DigestAlgorithm) -> String {
        switch algorithm {
        case .sha1:
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        case .sha2_224:
            "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"
        case .sha2_256:
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        case .sha2_384:
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"
        case .sha2_512:
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8"
            + "f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
        case .sha3_224:
            "7fdb8dd88bd2f60d1b798634ad386811c2cfc85bfaf5d52bbace5e66"
        case .sha3_256:
            "c7d4072e788877ae3596bbb0da73b887c9171f93095b294ae857fbe2645e1ba5"
        case .sha3_384:
            "f1101f8cbf9766fd6764d2ed61903f21ca9b18f57cf3e1a23ca13508a93243ce48c045dc007f26a21b3f5e0e9df4c20a"
        case .sha3_512:
            "5a4bfeab6166427c7a3647b747292b8384537cdb89afb3bf5665e4c5e709350b287baec921fd7ca0ee7a0c31d0"
            + "22a95e1fc92ba9d77df883960275beb4e62024"
        }
    }

    /// 42 bytes from 22 times 0x0b without salt and info. **Source** RFC 5869 §A.3.
    static let derivedKey = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"

    // The bytes 0, 1, …, 254.
    private static let base64Head =
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQk"
        + "NERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKDhIWG"
        + "h4iJiouMjY6PkJGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqKmqq6ytrq+wsbKztLW2t7i5uru8vb6/wMHCw8TFxsfIyc"
        + "rLzM3Oz9DR0tPU1dbX2Nna29zd3t/g4eLj5OXm5+jp6uvs7e7v8PHy8/T19vf4+fr7/P3+"

    /// The base64 of the bytes 0, 1, …, 255 and after them 0 and 1, by the number of bytes. **Source** RFC 4648 §4.
    static func base64(_ bytes: [UInt8], _ broken: Bool) -> [UInt8] {
        let tails = ["/w==", "/wA=", "/wAB"]
        var text = Array((base64Head + tails[bytes.count % 256]).utf8)
        if broken { text[0] = UInt8(ascii: "B") }
        return text
    }
}
