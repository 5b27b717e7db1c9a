// What Primitives needs of OpenSSL 3's libcrypto. Only macros and pointer fixes may live here, each with its reason.
#ifndef STRONGROOM_COPENSSL_SHIM_H
#define STRONGROOM_COPENSSL_SHIM_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <sys/prctl.h>

// prctl is variadic, which Swift does not import. Returns 0 on success.
static inline int strongroom_make_undumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// Which parts of a key EVP_PKEY_fromdata reads: macros made of macros, which Swift does not import.
static const int strongroom_select_pair = EVP_PKEY_KEYPAIR;
static const int strongroom_select_public = EVP_PKEY_PUBLIC_KEY;

// The SHA-1 and SHA-2 functions that work in the caller's memory. They are marked deprecated in favour of EVP, but EVP
// allocates at every initialisation and copy: an HMAC of 64 bytes took 2.8 times as long, with two allocations.
// A state is chosen by the length of its digest in bytes: 20, 28, 32, 48 or 64.
typedef union strongroom_sha_state {
    SHA_CTX sha1;
    SHA256_CTX sha256;
    SHA512_CTX sha512;
} strongroom_sha_state;

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

static inline int strongroom_sha_init(strongroom_sha_state *state, int length) {
    switch (length) {
    case 20: return SHA1_Init(&state->sha1);
    case 28: return SHA224_Init(&state->sha256);
    case 32: return SHA256_Init(&state->sha256);
    case 48: return SHA384_Init(&state->sha512);
    case 64: return SHA512_Init(&state->sha512);
    default: return 0;
    }
}

static inline int strongroom_sha_update(strongroom_sha_state *state, int length, const void *bytes, size_t count) {
    switch (length) {
    case 20: return SHA1_Update(&state->sha1, bytes, count);
    case 28: return SHA224_Update(&state->sha256, bytes, count);
    case 32: return SHA256_Update(&state->sha256, bytes, count);
    case 48: return SHA384_Update(&state->sha512, bytes, count);
    case 64: return SHA512_Update(&state->sha512, bytes, count);
    default: return 0;
    }
}

static inline int strongroom_sha_final(strongroom_sha_state *state, int length, unsigned char *digest) {
    switch (length) {
    case 20: return SHA1_Final(digest, &state->sha1);
    case 28: return SHA224_Final(digest, &state->sha256);
    case 32: return SHA256_Final(digest, &state->sha256);
    case 48: return SHA384_Final(digest, &state->sha512);
    case 64: return SHA512_Final(digest, &state->sha512);
    default: return 0;
    }
}

#pragma clang diagnostic pop

#endif
