// What Primitives needs of OpenSSL 3's libcrypto. Only what Swift cannot say lives here, each with its
// reason.
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
#include <stdint.h>
#include <string.h>
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

// The memory that strongroom_hmac_sha256 works in; afterwards it holds the message's end and inner state.
typedef struct strongroom_hmac_work {
    SHA256_CTX state;
    unsigned char block[64];
} strongroom_hmac_work;

static inline void strongroom_store_state(const SHA256_CTX *state, unsigned char *bytes) {
    for (int word = 0; word < 8; word++) {
        uint32_t big_endian = __builtin_bswap32(state->h[word]);
        memcpy(bytes + 4 * word, &big_endian, 4);
    }
}

// HMAC-SHA-256 out of the two states after the padded key blocks. The padding is written here, around the library's own
// block function: copying and finishing two whole states costs as much again as the hashing of a short message.
static inline void strongroom_hmac_sha256(const strongroom_sha_state *inner, const strongroom_sha_state *outer,
    const unsigned char *message, size_t count, strongroom_hmac_work *work, unsigned char *digest) {
    size_t whole = count & ~(size_t)63, rest = count - whole;
    work->state = inner->sha256;
    if (whole > 0) SHA256_Update(&work->state, message, whole);
    memcpy(work->block, message + whole, rest);
    memset(work->block + rest, 0, 64 - rest);
    work->block[rest] = 0x80;
    if (rest >= 56) {
        SHA256_Transform(&work->state, work->block);
        memset(work->block, 0, 56);
    }
    uint64_t bits = __builtin_bswap64(((uint64_t)count + 64) * 8);
    memcpy(work->block + 56, &bits, 8);
    SHA256_Transform(&work->state, work->block);
    // The outer message is a block and 32 bytes: 768 bits.
    strongroom_store_state(&work->state, work->block);
    memset(work->block + 32, 0, 32);
    work->block[32] = 0x80;
    work->block[62] = 3;
    memcpy(work->state.h, outer->sha256.h, sizeof work->state.h);
    SHA256_Transform(&work->state, work->block);
    strongroom_store_state(&work->state, digest);
}

#pragma clang diagnostic pop

#endif
