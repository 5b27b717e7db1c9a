// swift-format-ignore-file
// Table: expected values of the self-tests of key pairs, key wrap and CMAC.

extension KnownAnswers {
    /// The private scalar, and `r ‖ s` for "sample" under the hash function of the curve's strength.
    /// **Source** RFC 6979 §A.2.5, §A.2.6, §A.2.7.
    static func ecdsa(
        _ algorithm: AsymmetricAlgorithm
    ) -> (scalar: String, digest: DigestAlgorithm, signature: String)? {
        switch algorithm {
        case .ecdsaP256:
            (
                "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
                .sha2_256,
                "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65"
                + "f3e900dbb9aff4064dc4ab2f843acda8"
            )
        case .ecdsaP384:
            (
                "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
                .sha2_384,
                "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46"
                + "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"
            )
        case .ecdsaP521:
            (
                "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc"
                + "1466f6d8fbec67db89ec0c08b0e996b83538",
                .sha2_512,
                "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b53"
                + "4931d7d4e8455cc91f9b15bf05ec36e377fa00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b"
                + "68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a"
            )
        case .ed25519, .rsa2048, .rsa3072, .rsa4096: nil
        }
    }

    /// The seed, and the signature of the byte 0x72. **Source** RFC 8032 §7.1, TEST 2.
    static let ed25519 = (
        seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        signature:
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )

    /// Two scalars on P-256, and the x coordinate that they share. **Source** RFC 5903 §8.1.
    static let agreement = (
        own: "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
        peer: "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
        secret: "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"
    )

    /// Key, material and what wraps it. **Source** RFC 5649 §6.
    static let keyWrap = (
        key: "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8",
        material: "c37b7e6492584340bed12207808941155068f738",
        wrapped: "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a"
    )

    /// Keys of each length, and the code of `cmacMessage`. **Source** NIST SP 800-38B §D.1 to §D.3, example 2.
    static let cmac = [
        (key: "2b7e151628aed2a6abf7158809cf4f3c", code: "070a16b46b4d4144f79bdd9dd04a287c"),
        (key: "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", code: "9e99a7bf31e710900662f65e617c5184"),
        (
            key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            code: "28a7023f452e8f82bd4bf28d8c37c35c"
        ),
    ]
    static let cmacMessage = "6bc1bee22e409f96e93d7e117393172a"

    /// An RSA-2048 key as PKCS #8. **Source** Wycheproof, rsa_oaep_2048_sha256_mgf1sha256.
    static let rsaKey =
        "308204bd020100300d06092a864886f70d0101010500048204a7308204a30201000282010100a2b451a07d0aa5f96e45"
        + "5671513550514a8a5b462ebef717094fa1fee82224e637f9746d3f7cafd31878d80325b6ef5a1700f65903b469429e89"
        + "d6eac8845097b5ab393189db92512ed8a7711a1253facd20f79c15e8247f3d3e42e46e48c98e254a2fe9765313a03eff"
        + "8f17e1a029397a1fa26a8dce26f490ed81299615d9814c22da610428e09c7d9658594266f5c021d0fceca08d945a12be"
        + "82de4d1ece6b4c03145b5d3495d4ed5411eb878daf05fd7afc3e09ada0f1126422f590975a1969816f48698bcbba1b4d"
        + "9cae79d460d8f9f85e7975005d9bc22c4e5ac0f7c1a45d12569a62807d3b9a02e5a530e773066f453d1f5b4c2e9cf782"
        + "0283f742b9d502030100010282010024cdc62317f5d72a6f6ba6cc9632899b01d1ff28867d72f61688995bc855a4e420"
        + "a8405250089bdb13cf8e09543827b748b9d27fbb2b4d9e20af8c5a6a862796d1a4cc18ad16ea678bc1bd4a83bbbe9c5e"
        + "57453b5ce7388e41a3ba4ce2b77b4438a229e954f720dae0353dc088ac8a76b26dc276f8e1b7851ddd6398ad16ff2e78"
        + "195123b9b036e945c38c9d12434f6df76fe22359eb3e1ac9c011678fc926fad3ae475a4fffff55feb2d147e9c894f4c0"
        + "e29a599e762462482d968bf42780945fc0d2c31c573c4431b8f4fe8b8c67bec815abd44f7a86edca1c2308737358d2c2"
        + "ae5e2e0e2dadf730980262377e58b13b7d9992060a0bc870ccfdb4a9319ee102818100dc431050f782e894fb5248247d"
        + "98cb7d58b8d1e24f3b55d041c56e4de086b0d5bb028bda42eeb5d234d5681e5809d415e6a289ad4cfbf78f978f6c3581"
        + "4f50eebff1c5b80a69f788e81e6bab5ddaa78369d659d143ec6f17e79813a575cfad9c569156b90113e2e9110ad9e7b4"
        + "8a1c9348a6e653321191290ea36cfb3a5b18f102818100bd1a81e7977f9898122273ae3222b598ea5fb19eb4eabc3830"
        + "8a5e32196603b2e500ffb79f5b886816611debc472fac45544070beb057c941378a6868af3b7a03d3f9880ec47d5e089"
        + "b94fbde542aba9ae8d72c57088d7abf5b131f39098f7bc160f90536abc9492fd4e06f3ed7299d4b97bb03677207d9566"
        + "9f140cfbc20f2502818100a94b528b28f291599121d91952ffd1c7f21d7c1479d99d478885fb161870ee1218bf084726"
        + "12dbe5497e8d9c650688e09c786961ae3e2c354dc48ae34514759c4c23c4588488961dc06b414e61c0e1e7fbbd2923d3"
        + "1532fe289f96da220711e58c14019808e00414276933bb07e4efb9b4a9b37656917205209f33f09515d7c10281803af0"
        + "e72a933aef09ff2503df78bafed531c02ff1a2bc437c540cdcbd4ad35435cf511763596543480629b114ca7f780ff7ef"
        + "a32ea0cb6e000d6d9ea1f2ef71fd9cf9948422a165557e37e755edfe70d90b920502eb478bc98a63f788ce3a0f856d6e"
        + "de7251a383bfa8fa480a81a925af7b3cc538c4bab8c9f7597ffb68011d8d0281802640fbfbcfefb163ee7a87b6483a66"
        + "ee41f956d90fa8a7939bfc042ee0924b1b7993d0445f758d51933e85179c0320b0c968b48a91c38b5be923e1097c0c56"
        + "2f88d42294b6a2759bafa5428a74f1270874e45f6fcc60f21602de5eccd143cf31241f5921b5ad3983fb54ef17be3b28"
        + "5367e50c999c67247b552fe4bfce945f7b"

    /// The PKCS #1 v1.5 signature of "abc" under SHA-256 by `rsaKey`; computed as EM^d mod n in bare integers, too.
    static let rsaSignature =
        "485a79470c145bce2d3e40c64a583e79f5697dc362bc916db830b95b71b6d0fbf34cc2a15eb705ab1df59cfd7d9f65ba"
        + "6190307f5a63a8c7a11672257d542971db3f53e2eebd91526759f31776a52dc85021c27fcc10b48e54978fd95d1f0a74"
        + "5bc5ae939c1dd25bdb670d2f8dc96d3b3055374358de0fde977d1049f762c91da426bdadf05bbddd745b28b903297756"
        + "4f65be790aeb60e173398aa0ebaceec7293a88744cb6cbfca7d1becb283e3879ae3840bc162bcad40a51bd75bbf035a4"
        + "de880108c0559ab02b63a30db0328169234c4a4960534ab452c283f392c2472218fc9586cde1af9ed268ddcabd5979b0"
        + "2be4fccab8b01dee18c49a67d216e49c"

    /// A message and its OAEP ciphertext with SHA-256 for `rsaKey`. **Source** as the key, case 2.
    static let oaep = (
        message: "0000000000000000000000000000000000000000",
        ciphertext:
            "207180c340658b5154ae45d2e4e7326a0997c683a26b595e536a29333c4b66149af85e029d5419a39e3a147b221516ff"
            + "d86b6b4b66c3e0c4c49fe8c57a2f5c37b8704b9b592b80db9cd788a4ed51ab4f0a1cbed63bd18d1f06a22f225866b0c2"
            + "c417cb23473b7ba4250b1353bd2e5b4f0f937cd2efe5fa38db3c295f7748b970088657db4aa9a76e1ee6fbff166ec186"
            + "1d00d085326c7384bdd1bc2f400d4f74dbdfadaf3fdc46073e668573e02030b9eb5af58eb540c66677a771194479ec00"
            + "98d858a2ea45d0ba1e6b32440dfbac745000554d51a17684ca964b02a74d479f1d432ef763ef4059715a4348cfe36a21"
            + "5359712f25b6977903be4adb92febbf6"
    )

    /// A public key, a message and its PSS signature with SHA-256 and 32 bytes of salt.
    /// **Source** Wycheproof, rsa_pss_2048_sha256_mgf1_32, case 2.
    static let pss = (
        key:
            "30820122300d06092a864886f70d01010105000382010f003082010a0282010100a2b451a07d0aa5f96e455671513550"
            + "514a8a5b462ebef717094fa1fee82224e637f9746d3f7cafd31878d80325b6ef5a1700f65903b469429e89d6eac88450"
            + "97b5ab393189db92512ed8a7711a1253facd20f79c15e8247f3d3e42e46e48c98e254a2fe9765313a03eff8f17e1a029"
            + "397a1fa26a8dce26f490ed81299615d9814c22da610428e09c7d9658594266f5c021d0fceca08d945a12be82de4d1ece"
            + "6b4c03145b5d3495d4ed5411eb878daf05fd7afc3e09ada0f1126422f590975a1969816f48698bcbba1b4d9cae79d460"
            + "d8f9f85e7975005d9bc22c4e5ac0f7c1a45d12569a62807d3b9a02e5a530e773066f453d1f5b4c2e9cf7820283f742b9"
            + "d50203010001",
        message: "0000000000000000000000000000000000000000",
        signature:
            "0658c68fe0895646056d9bca422a64fe48813b4e14f0c8c4122e56d345b6813dc6286ffde014617e351c7af0a0d2c0f2"
            + "85def79cb734e1e055a25fa6fddc1c07da17b4b235c637413b1849c24311fa72331f4c0458c364a4916de8619b884d7e"
            + "37288fad12926fc091f4851686a04fd0a504dbce3db370663a6ea6128fea86c2ca94c63e0d34d7f2c845b5d71d9a5e54"
            + "4451f524a451acb85c49bba7864e0a34a48613a819caf3dfd0d510c940f1df21c3373915be1f3509a557fa4d5a4e9f27"
            + "3e85467961133e2482c0907386454228fb0246638616fc31bbb6fa7c2361b8035994eec69a923f4c0bb0ba8696dfe8b1"
            + "400c2398d7b343fdf498b1116c8de602"
    )
}
